# SPDX-License-Identifier: MIT
"""Indexes of places of our own: several as one, damaged ones, and files that change under a running server."""

import json
import os
import shutil

from harness import tool_program
from process import Process
from scenario import Scenario

WESTWOOD = b"+34.068930-118.445127"


class Indexes(Scenario):
    """Two of them, made by the tool."""

    NO_INPUT = 66
    TOWN = "1,Town,34.06,-118.43\n"
    SHOPS = "1,Kiosk,34.069,-118.445\n2,Bakery,34.07,-118.40\n"

    def setUp(self):
        self.indexes = []
        self.place = self.herd(("Goloman",), (), places={"local": {"rank": "distance", "indexes": self.indexes}})
        for source, table, credit in (("towns", self.TOWN, "The towns"), ("shops", self.SHOPS, "The shops")):
            table = self.place.write_file(f"{source}.csv", "id,name,lat,lon\n" + table)
            self.indexes.append(f"{self.place.directory}/{source}.idx")
            self.tool("import", "-f", "csv", "-s", source, "-a", credit, "-o", self.indexes[-1], table)

    def tool(self, *arguments, status=0):
        tool = Process("tool", [tool_program(), "places", *arguments], self.place.directory)
        self.place.others.append(tool)
        self.assertEqual(tool.wait(), status, tool.stderr())
        tool.check_clean()
        return tool

    def start(self):
        self.place.write_file("herd.conf", self.place.config_text())
        return self.place.start()["Goloman"]

    def places(self, server):
        """The body of an answer, and the ids in it."""
        connection = self.client(server)
        connection.iamat(b"kiwi", WESTWOOD)
        body = connection.whatsat(b"kiwi", b"10", b"20")[1]
        return body, [each["place_id"] for each in json.loads(body)["results"]]

    def ask(self):
        server = self.start()
        body, ids = self.places(server)
        return json.loads(body).get("html_attributions"), ids, server.log


class Several(Indexes):
    def test_merged(self):
        credits, ids, log = self.ask()
        self.assertEqual(credits, ["The towns", "The shops"])
        self.assertEqual(ids, ["shops:1", "towns:1", "shops:2"])
        self.assertEqual(log.events("places_unusable"), [])

    def test_damaged_is_left_out(self):
        with open(self.indexes[0], "r+b") as file:
            file.seek(-1, 2)
            file.write(b"\xff")
        credits, ids, log = self.ask()
        self.assertEqual((credits, ids), (["The shops"], ["shops:1", "shops:2"]))
        self.assertEqual([each["path"] for each in log.wait("places_unusable")], [self.indexes[0]])
        shutil.copyfile(self.indexes[1], self.indexes[0])
        reason = log.wait("places_changed", path=self.indexes[0])[0]["reason"]
        self.assertIn("left out; reload", reason)  # nothing of it is in use

    def test_missing_stops_the_start(self):
        self.indexes.append(f"{self.place.directory}/none.idx")
        self.place.write_file("herd.conf", self.place.config_text())
        process = self.place["Goloman"].start()
        self.assertEqual(process.wait(), self.NO_INPUT)
        self.assertIn(self.indexes[-1], process.stderr())
        process.check_clean()


class Change(Indexes):
    """Whatever happens to the file: the answers are those of what was read at the start, and the log says so."""

    def setUp(self):
        super().setUp()
        self.server = self.start()
        self.before, ids = self.places(self.server)
        self.assertEqual(ids, ["shops:1", "towns:1", "shops:2"])

    def assert_unmoved(self, reason, number=0):
        found = self.server.log.wait("places_changed", path=self.indexes[number])
        self.assertIn(reason, found[-1]["reason"])
        self.assertEqual(self.places(self.server)[0], self.before)
        self.assertEqual(len(self.server.log.events("places_changed")), 1)

    def test_copied_over(self):
        """As cp does it: cut to nothing and written anew, in place."""
        with open(self.indexes[1], "rb") as other, open(self.indexes[0], "wb") as file:
            file.write(other.read())
        self.assert_unmoved("reload")
        self.server.process.stop()
        self.assertEqual(self.places(self.start())[1], ["shops:1", "shops:1", "shops:2", "shops:2"])

    def test_written_over_in_place(self):
        with open(self.indexes[0], "r+b") as file:
            file.write(b"x" * os.path.getsize(self.indexes[0]))
        self.assert_unmoved("reload")

    def test_cut_to_nothing(self):
        os.truncate(self.indexes[1], 0)
        self.assert_unmoved("reload", 1)

    def test_imported_anew(self):
        table = self.place.write_file("new.csv", "id,name,lat,lon\n7,Elsewhere,1,1\n")
        self.tool("import", "-f", "csv", "-s", "towns", "-o", self.indexes[0], table)
        self.assert_unmoved("reload")

    def test_removed(self):
        os.remove(self.indexes[0])
        self.assert_unmoved("gone")


class NoFile(Indexes):
    """A pipe nobody writes to keeps nobody waiting."""

    def setUp(self):
        super().setUp()
        os.remove(self.indexes[0])
        os.mkfifo(self.indexes[0])

    def test_server(self):
        self.place.write_file("herd.conf", self.place.config_text())
        process = self.place["Goloman"].start()
        self.assertEqual(process.wait(), self.NO_INPUT)
        self.assertIn(self.indexes[0] + ": Not a regular file", process.stderr())
        process.check_clean()

    def test_tool(self):
        tool = self.tool("query", "-i", self.indexes[0], "+1+1", "1", "1", status=self.NO_INPUT)
        self.assertIn("Not a regular file", tool.stderr())

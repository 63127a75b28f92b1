# SPDX-License-Identifier: MIT
"""`herd places` with tables and indexes of the test's own: placestest.py HERD"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERD = sys.argv.pop(1) if len(sys.argv) > 1 else "herd"
DEADLINE_S = 60
USAGE, DATA, NO_INPUT, CANNOT_CREATE, IO = 64, 65, 66, 73, 74
WESTWOOD = "+34.068930-118.445127"
TABLE = ("5408522\tWestwood\t34.05612\t-118.43063\tPPLX\tUS\tCA\t2019\n"
         "5328041\tBeverly Hills\t34.07362\t-118.40036\tPPL\tUS\tCA\t34109\n")
SHOPS = ("name,lat,lon,id,type\n"
         "Kiosk,34.0690,-118.4450,a1,kiosk\n"
         "Bakery,34.0562,-118.4306,a2,bakery\n")


class PlacesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="herd places ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def places(self, *arguments, stdin=""):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HERD_")}
        return subprocess.run([HERD, "places", *arguments], input=stdin, capture_output=True, timeout=DEADLINE_S,
                              check=False, env=environment, cwd=self.folder, encoding="utf-8")

    def file(self, name, text):
        (self.folder / name).write_text(text, "utf-8")
        return name

    def index(self, name, text, *options):
        done = self.places("import", "--output", name, *options, self.file(name + ".table", text))
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return name

    def ask(self, *arguments):
        done = self.places("query", *arguments)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return json.loads(done.stdout)

    def ids(self, *arguments):
        return [each["place_id"] for each in self.ask(*arguments)["results"]]

    def assert_done(self, done, output, code=0, errors=""):
        self.assertEqual((done.stdout, done.stderr, done.returncode), (output, errors, code))

    def assert_fails(self, done, code, text):
        self.assertEqual((done.stdout, done.returncode), ("", code), done.stderr)
        self.assertIn(text, done.stderr)

    def test_import_and_query(self):
        self.assert_done(self.places("import", "-o", "places.idx", self.file("table", TABLE)), "places.idx: 2 places\n")
        answer = self.ask("-i", "places.idx", WESTWOOD, "10", "20")
        self.assertEqual(answer["html_attributions"], ["© GeoNames (CC BY 4.0)"])
        self.assertEqual(answer["status"], "OK")
        self.assertEqual([each["name"] for each in answer["results"]], ["Beverly Hills", "Westwood"])
        self.assertEqual(answer["results"][1], {
            "geometry": {"location": {"lat": 34.05612, "lng": -118.43063}}, "name": "Westwood",
            "place_id": "geonames:5408522", "types": ["neighborhood", "political"], "vicinity": "CA, US"})

    def test_files_that_may_not_grow(self):
        """RLIMIT_FSIZE is a full disk, and no death by SIGXFSZ: the old index stays, and nothing else."""
        self.index("places.idx", TABLE)
        before = (self.folder / "places.idx").read_bytes()
        done = subprocess.run(["/bin/sh", "-c", 'ulimit -f 0 && exec "$@"', "sh", HERD, "places", "import", "-o",
                               "places.idx", self.file("table", TABLE)],
                              capture_output=True, timeout=DEADLINE_S, check=False, cwd=self.folder, encoding="utf-8")
        self.assert_fails(done, IO, "places.idx: cannot be written: File too large")
        self.assertEqual((self.folder / "places.idx").read_bytes(), before)
        self.assertEqual(sorted(os.listdir(self.folder)), ["places.idx", "places.idx.table", "table"])

    def test_several_inputs_and_standard_input(self):
        done = self.places("import", "-o", "places.idx", self.file("table", TABLE), "-",
                           stdin=TABLE.replace("5408522", "1").replace("5328041", "2"))
        self.assert_done(done, "places.idx: 4 places\n")
        self.assertEqual(self.ids("-i", "places.idx", "-r", "distance", WESTWOOD, "10", "3"),
                         ["geonames:1", "geonames:5408522", "geonames:2"])

    def test_bad_line(self):
        """The first one ends it, told by file and line, and leaves an index that was there alone."""
        self.index("places.idx", TABLE)
        before = (self.folder / "places.idx").read_bytes()
        for bad in ("3\tNowhere\t91\t0\tPPL\tUS\tCA\t1\n", "no table at all\n"):
            with self.subTest(bad=bad):
                done = self.places("import", "-o", "places.idx", self.file("good", TABLE),
                                   self.file("bad", TABLE + bad + bad))
                self.assert_fails(done, DATA, "bad:3: ")
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual((self.folder / "places.idx").read_bytes(), before)
                self.assertEqual(sorted(each.name for each in self.folder.iterdir()),
                                 ["bad", "good", "places.idx", "places.idx.table"])

    def test_skip_bad(self):
        bad = "3\tNowhere\t91\t0\tPPL\tUS\tCA\t1\nno table at all\n"
        done = self.places("import", "--skip-bad", "-o", "places.idx", self.file("table", bad + TABLE))
        self.assert_done(done, "places.idx: 2 places, 2 bad lines left out\n")
        self.assertEqual(len(self.ids("-i", "places.idx", WESTWOOD, "50", "20")), 2)

    def test_too_few_places(self):
        """A download that failed, or another format, does not empty a herd; whoever wants that says so."""
        self.index("places.idx", TABLE)
        before = (self.folder / "places.idx").read_bytes()
        bad = "no table at all\n"
        for text, count in (("", "0 places were found, 0 bad lines"), ("\n\n", "0 places were found, 0 bad lines"),
                            (TABLE + 3 * bad, "2 places were found, 3 bad lines"),
                            ("1\t\t0\t0\tPPL\tUS\tCA\t1\n", "0 bad lines and 1 places without a name")):
            with self.subTest(text=text):
                done = self.places("import", "--skip-bad", "-o", "places.idx", self.file("table", text))
                self.assert_fails(done, DATA, count)
                self.assertEqual((self.folder / "places.idx").read_bytes(), before)
                if bad in text:
                    self.assertIn('table:3: it has 1 columns, not the 19 of GeoNames', done.stderr)
        done = self.places("import", "--skip-bad", "--allow-few", "-o", "places.idx", self.file("table", TABLE + 3 * bad))
        self.assert_done(done, "places.idx: 2 places, 3 bad lines left out\n")
        done = self.places("import", "--allow-few", "-o", "places.idx", self.file("table", ""))
        self.assert_done(done, "places.idx: 0 places\n")
        self.assertEqual(self.ask("-i", "places.idx", WESTWOOD, "10", "20")["status"], "ZERO_RESULTS")

    def test_output_that_is_no_file(self):
        os.mkdir(self.folder / "folder")
        os.mkfifo(self.folder / "fifo")
        os.symlink("nowhere", self.folder / "dangling")
        os.symlink("fifo", self.folder / "to-fifo")
        before = sorted(os.listdir(self.folder)) + ["table"]
        self.file("table", TABLE)
        terminal = os.openpty()
        for end in terminal:
            self.addCleanup(os.close, end)
        for output in ("folder", "fifo", "dangling", "to-fifo", os.ttyname(terminal[1])):
            with self.subTest(output=output):
                done = self.places("import", "-o", output, "table")
                self.assert_fails(done, CANNOT_CREATE, output + ": is ")
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(before))

    def test_output_that_is_a_link(self):
        """What it leads to is replaced, and it is a link as before."""
        os.mkdir(self.folder / "data")
        self.index("data/real.idx", SHOPS, "-f", "csv")
        os.symlink("data/real.idx", self.folder / "places.idx")
        self.assert_done(self.places("import", "-o", "places.idx", self.file("table", TABLE)), "places.idx: 2 places\n")
        self.assertEqual(os.readlink(self.folder / "places.idx"), "data/real.idx")
        self.assertEqual(len(self.ids("-i", "data/real.idx", "-r", "distance", WESTWOOD, "10", "20")), 2)
        self.assertEqual(sorted(os.listdir(self.folder / "data")), ["real.idx", "real.idx.table"])

    def test_output_keeps_its_rights(self):
        """Whoever could read the old index can read the new one, whatever the umask of who imports."""
        self.file("table", TABLE)
        for mode in (0o604, 0o600, 0o666):
            with self.subTest(mode=mode):
                self.assert_done(self.places("import", "-o", "places.idx", "table"), "places.idx: 2 places\n")
                os.chmod(self.folder / "places.idx", mode)
                self.assert_done(self.places("import", "-o", "places.idx", "table"), "places.idx: 2 places\n")
                self.assertEqual((self.folder / "places.idx").stat().st_mode & 0o777, mode)

    def test_output_that_is_an_input(self):
        self.file("table", TABLE)
        os.link(self.folder / "table", self.folder / "hard")
        os.symlink("table", self.folder / "soft")
        for output in ("table", "./table", "hard", "soft"):
            with self.subTest(output=output):
                self.assert_fails(self.places("import", "-o", output, "table"), USAGE, "table: is the output, too")
        with open(self.folder / "table", encoding="utf-8") as table:
            done = subprocess.run([HERD, "places", "import", "-o", "hard", "-"], stdin=table, capture_output=True,
                                  timeout=DEADLINE_S, check=False, cwd=self.folder, encoding="utf-8")
        self.assert_fails(done, USAGE, "standard input: is the output, too")
        self.assertEqual((self.folder / "table").read_text("utf-8"), TABLE)

    def test_leftovers(self):
        """What a killed import left is removed, unless somebody still writes it; other files are nobody's."""
        for name in ("places.idx.1.new", "places.idx.4194305.new", "places.idx.5.new", "places.idx.new",
                     "places.idx.x.new", "places.idx.5.newer", "other.idx.5.new"):
            self.file(name, "x")
        with open(self.folder / "places.idx.5.new", "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.index("places.idx", TABLE)
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["other.idx.5.new", "places.idx", "places.idx.5.new", "places.idx.5.newer", "places.idx.new",
                          "places.idx.table", "places.idx.x.new"])

    def end_while_it_writes(self, ending, before):
        """Ends an import that is writing; one that was faster is begun anew. Its return code, and what is left."""
        for _ in range(20):
            (self.folder / "places.idx").write_bytes(before)
            code, left = self.end_once(ending)
            if code != 0:
                break
        return code, left

    def end_once(self, ending):
        """Sends the signal as soon as there is a new file."""
        with subprocess.Popen([HERD, "places", "import", "-o", "places.idx", "big"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, cwd=self.folder) as process:
            path = self.folder / f"places.idx.{process.pid}.new"
            deadline = time.monotonic() + DEADLINE_S
            while not path.exists() and process.poll() is None and time.monotonic() < deadline:
                pass
            process.send_signal(ending)
            return process.wait(DEADLINE_S), path.exists()

    def test_ended_by_a_signal(self):
        self.index("places.idx", TABLE)
        before = (self.folder / "places.idx").read_bytes()
        self.file("big", "".join(f"{i}\tPlace\t1\t{i / 1000}\tPPL\tUS\tCA\t1\n" for i in range(100000)))
        for ending, left in ((signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGHUP, False),
                             (signal.SIGKILL, True)):
            with self.subTest(ending=ending):
                self.assertEqual(self.end_while_it_writes(ending, before), (-ending, left))
                self.assertEqual((self.folder / "places.idx").read_bytes(), before)
        self.places("import", "-o", "places.idx", "places.idx.table")
        self.assertEqual(sorted(os.listdir(self.folder)), ["big", "places.idx", "places.idx.table"])

    def test_missing_input(self):
        done = self.places("import", "-o", "places.idx", self.file("table", TABLE), "no such")
        self.assert_fails(done, NO_INPUT, "no such: ")
        self.assertFalse((self.folder / "places.idx").exists())

    def test_output_that_cannot_be_made(self):
        done = self.places("import", "-o", "no such/places.idx", self.file("table", TABLE))
        self.assert_fails(done, CANNOT_CREATE, "no such/places.idx")

    def test_rank_and_bound(self):
        index = self.index("places.idx", TABLE)
        westwood, beverly_hills = "geonames:5408522", "geonames:5328041"
        for arguments, expected in ((("10", "1"), [beverly_hills]), (("10", "0"), []), (("0", "20"), []),
                                    (("2", "20"), [westwood]), (("50", "20"), [beverly_hills, westwood])):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.ids("-i", index, WESTWOOD, *arguments), expected)
        self.assertEqual(self.ids("-i", index, "--rank", "distance", WESTWOOD, "10", "20"), [westwood, beverly_hills])
        self.assertEqual(self.ask("-i", index, "-33.9+18.4", "10", "20")["status"], "ZERO_RESULTS")

    def test_several_indexes(self):
        geonames = self.index("geonames.idx", TABLE)
        shops = self.index("shops.idx", SHOPS, "-f", "csv", "-s", "shops", "-a", "Our shops")
        others = self.index("others.idx", SHOPS, "-f", "csv", "-s", "others", "-a", "Our shops")
        expected = ["shops:a1", "others:a1", "shops:a2", "others:a2", "geonames:5408522", "geonames:5328041"]
        for order in ((geonames, shops, others), (others, geonames, shops)):
            options = [word for name in order for word in ("--index", name)]
            answer = self.ask(*options, "-r", "distance", WESTWOOD, "10", "20")
            self.assertEqual([each["place_id"] for each in answer["results"]], expected)
            self.assertEqual(sorted(answer["html_attributions"]), ["Our shops", "© GeoNames (CC BY 4.0)"])
            self.assertEqual(self.ids(*options, "-r", "distance", WESTWOOD, "10", "3"), expected[:3])
        many = ["-i", geonames] * 15 + ["-i", shops]
        self.assertEqual(self.ids(*many, "-r", "distance", WESTWOOD, "10", "1"), ["shops:a1"])
        self.assert_fails(self.places("query", *many, "-i", others, WESTWOOD, "10", "1"), USAGE, "others.idx")

    def test_index_that_is_no_good(self):
        good = self.index("places.idx", TABLE)
        whole = (self.folder / good).read_bytes()
        (self.folder / "damaged").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        (self.folder / "short").write_bytes(whole[:-8])
        for name, code, text in (("no such", NO_INPUT, "no such"), (".", NO_INPUT, " .: "),
                                 (self.file("empty", ""), DATA, "it is empty"),
                                 (self.file("other", TABLE), DATA, "it is not an index of places"),
                                 ("damaged", DATA, "damaged as an index of places: it is damaged"),
                                 ("short", DATA, "it is cut short")):
            for arguments in (("-i", name), ("-i", good, "-i", name), ("-i", name, "-i", good)):
                with self.subTest(arguments=arguments):
                    self.assert_fails(self.places("query", *arguments, WESTWOOD, "10", "20"), code, text)

    def test_usage(self):
        for arguments, text in (((), "import or query?"), (("export",), "export"), (("import", "table"), "--output"),
                                (("import", "-o", "x"), "an input"), (("import", "-f", "xml", "-o", "x", "y"), "xml"),
                                (("import", "--nope"), "--nope"), (("query",), "POSITION"), (("query", "-i"), "-i"),
                                (("query", "here", "10", "20"), "here"), (("query", WESTWOOD, "51", "20"), "51"),
                                (("query", WESTWOOD, "10", "21"), "21"), (("query", "-r", "size", WESTWOOD, "1", "1"), "size")):
            with self.subTest(arguments=arguments):
                self.assert_fails(self.places(*arguments), USAGE, text)
        for arguments in (("--help",), ("import", "-h"), ("query", "--help")):
            done = self.places(*arguments)
            self.assertEqual((done.stderr, done.returncode), ("", 0))
            self.assertIn("Usage: herd places import", done.stdout)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: MIT
"""WHATSAT: the embedded places, and the bytes of a provider in all its moods."""

import json

import provider as ways
from client import now_text
from herd import Herd
from provider import Provider, body, cut, is_json, place, results, well
from scenario import Scenario

WESTWOOD = b"+34.068930-118.445127"
CANARY = "canary-4f1d9c0b7a"
LIMIT_BYTES = 4 << 20


class Local(Scenario):
    """The default: no key, no network."""

    @classmethod
    def setUpClass(cls):
        herd = cls.enterClassContext(Herd(("Goloman", "Hands", "Nearest"), (("Goloman", "Hands"), ("Hands", "Nearest"))))
        cls.server = herd.start_linked()["Goloman"]

    def setUp(self):
        self.connection = self.client(self.server)
        self.connection.iamat(b"kiwi", WESTWOOD)

    def places(self, radius=b"10", bound=b"20"):
        at, text = self.connection.whatsat(b"kiwi", radius, bound)
        self.assertTrue(at.startswith(b"AT Goloman "), at)
        self.assertFalse(text.startswith(b"\n") or text.endswith(b"\n") or b"\n\n" in text or b"\r" in text)
        return text, json.loads(text)

    def test_around_westwood(self):
        _, answer = self.places()
        names = [each["name"] for each in answer["results"]]
        for name in ("Westwood", "Century City", "Beverly Hills", "Culver City", "Santa Monica"):
            self.assertIn(name, names)
        self.assertEqual(answer["status"], "OK")
        westwood = next(each for each in answer["results"] if each["name"] == "Westwood")
        self.assertEqual(westwood["place_id"], "geonames:5408522")
        self.assertEqual(westwood["vicinity"], "CA, US")
        self.assertAlmostEqual(westwood["geometry"]["location"]["lat"], 34.06, delta=0.02)
        self.assertAlmostEqual(westwood["geometry"]["location"]["lng"], -118.43, delta=0.02)
        self.assertIn(westwood["types"], (["locality", "political"], ["neighborhood", "political"]))

    def test_credit(self):
        _, answer = self.places()
        self.assertTrue(any("GeoNames" in credit and "CC BY 4.0" in credit for credit in answer["html_attributions"]))

    def test_legacy_shape(self):
        text, answer = self.places()

        def check(value):
            if isinstance(value, dict):
                self.assertEqual(list(value), sorted(value))
            for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                check(each)

        check(answer)
        self.assertEqual(list(answer), ["html_attributions", "results", "status"])
        self.assertTrue(text.startswith(b'{\n   "html_attributions" : ['), text[:80])
        self.assertIn(b'\n   "results" : [\n      {\n         "geometry" : {\n            "location" : {\n'
                      b'               "lat" : 34.', text)
        self.assertTrue(text.endswith(b'\n   "status" : "OK"\n}'), text[-80:])

    def test_bound(self):
        _, most = self.places(b"50", b"20")
        self.assertEqual(len(most["results"]), 20)
        for bound in (1, 5, 19):
            self.assertEqual(self.places(b"50", b"%d" % bound)[1]["results"], most["results"][:bound])
        text, none = self.places(b"50", b"0")
        self.assertEqual(none["results"], [])
        self.assertIn(b'"results" : []', text)

    def test_nothing_near(self):
        self.connection.iamat(b"kiwi", b"-48.876667-123.393333")  # nowhere is further from land
        self.assertEqual(self.places(b"50")[1]["results"], [])
        self.connection.iamat(b"kiwi", WESTWOOD)
        self.assertEqual(self.places(b"0")[1]["results"], [])

    def test_poles_and_antimeridian(self):
        for position in (b"+90+0", b"-90+180", b"+0+180", b"+0-180", b"-16.5+180"):
            self.connection.iamat(b"kiwi", position)
            self.places(b"50")

    def test_a_neighbour_answers_the_same(self):
        line = self.connection.whatsat(b"kiwi", b"10", b"5")
        other = self.client(self.server.herd["Hands"])
        self.assertEqual(other.whatsat(b"kiwi", b"10", b"5"), line)


class Distance(Scenario):
    def test_nearest_first(self):
        server = self.lone(places={"providers": ["local"], "local": {"rank": "distance"}})
        connection = self.client(server)
        connection.iamat(b"kiwi", WESTWOOD)
        names = [each["name"] for each in json.loads(connection.whatsat(b"kiwi", b"10", b"3")[1])["results"]]
        self.assertEqual(names, ["Westwood", "Century City", "Beverly Hills"])


class NotBuilt(Scenario):
    def test_no_provider_is_left(self):
        server = self.lone(places={"providers": ["google", "overpass"], "google": {"key_file": "google.key"},
                                   "overpass": {"url": "http://127.0.0.1/api/interpreter"}})
        connection = self.client(server)
        at = connection.iamat(b"kiwi", WESTWOOD)
        line, body = connection.whatsat(b"kiwi", b"10", b"5")
        self.assertEqual(line, at)
        self.assert_failure_body(body)
        self.assertIn(b'"No provider of places is set up."', body)


class Relay(Scenario):
    """google_legacy, with a provider of our own."""

    TIMEOUT_MS = 8000

    def setUp(self):
        self.fake = self.provider()
        self.server = self.relay(self.fake, timeout_ms=self.TIMEOUT_MS, key=CANARY, log={"level": "debug"})
        self.connection = self.client(self.server)
        self.at = self.connection.iamat(b"kiwi", WESTWOOD)

    def ask(self, bound=20, radius=b"10"):
        at, text = self.connection.whatsat(b"kiwi", radius, b"%d" % bound)
        self.assertEqual(at, self.at)
        self.assertNotIn(CANARY.encode(), text)
        return text

    def end_without_a_trace_of_the_key(self):
        with open(f"/proc/{self.server.process.pid}/cmdline", "rb") as file:
            self.assertNotIn(CANARY.encode(), file.read())
        self.server.process.stop()
        self.assertNotIn(CANARY, self.server.process.stderr())
        self.assertNotIn(CANARY.encode(), self.server.process.stdout())
        self.assertNotIn(CANARY.encode(), self.server.log.raw())


class Bytes(Relay):
    def test_cut_and_verbatim(self):
        for new_style in (False, True):
            for count in (0, 1, 2, 20):
                elements = [place(number, new_style) for number in range(count)]
                for bound in (0, 1, 2, 19, 20):
                    for answer in (well, ways.chunked):
                        with self.subTest(new_style=new_style, count=count, bound=bound):
                            self.fake.answer = answer(body(elements, new_style))
                            self.assertEqual(self.ask(bound), cut(elements, bound, new_style))
        self.end_without_a_trace_of_the_key()

    def test_newline_rule(self):
        for given, expected in (
                (b'{\n\n"results":[]\n\n\n}\n\n\n', b'{\n"results":[]\n}'),
                (b'{\r\n\r\n"results":[],\r\n"a":1}\r\n', b'{\r\n"results":[],\r\n"a":1}'),
                (b'{\n\r\n\n"results":[]\r\n\n}', b'{\n"results":[]\r\n}'),
                (b'{\n \n"results":[]}', b'{\n \n"results":[]}'),
                (b'\n\n{"results":[1,2]}\n', b'{"results":[1]}'),
                (b'\r\n{"results":[]}', b'{"results":[]}'),
                (b'{"results":[\n\n1\n\n,\n\n2]}', b'{"results":[\n1]}'),
                (b'{"results" : [ 1e400 , -0.0 , 123456789012345678901234567890 ] , "a" : 1.50E+1 }',
                 b'{"results" : [ 1e400 ] , "a" : 1.50E+1 }'),
                (b'{"a":{"results":[1,2,3]},"results":[[1,2],3]}', b'{"a":{"results":[1,2,3]},"results":[[1,2]]}')):
            with self.subTest(given=given):
                self.fake.answer = well(given)
                self.assertEqual(self.ask(1), expected)

    def test_errors_of_the_provider_are_relayed(self):
        for answer in (well(ways.DENIED), well(ways.DENIED, "403 Forbidden"),
                       well(ways.DENIED.replace(b"REQUEST_DENIED", b"OVER_QUERY_LIMIT"))):
            self.fake.answer = answer
            self.assertRegex(self.ask(), rb'^\{\n   "error_message" : "This API(.|\n)*"(REQUEST_DENIED|OVER_QUERY_LIMIT)"\n\}$')

    def test_query(self):
        for position, location in ((b"+34.068930-118.445127", "34.068930,-118.445127"),
                                   (b"+034.0-000.50/", "34.0,-0.50"), (b"-0+0", "0,0"), (b"-00.0+180", "0.0,180"),
                                   (b"-90-180.000", "-90,-180.000")):
            for radius, metres in ((b"10", "10000"), (b"0", "0"), (b"0.0005", "0.5"), (b"10.5871263", "10587.1263"),
                                   (b"50.000", "50000"), (b"007", "7000")):
                with self.subTest(position=position, radius=radius):
                    self.connection.iamat(b"lynx", position)
                    self.connection.whatsat(b"lynx", radius, b"1")
                    request = self.fake.requests[-1]
                    self.assertEqual((request.method, request.path), ("GET", "/maps/api/place/nearbysearch/json"))
                    self.assertEqual(request.query, {"location": location, "radius": metres, "key": CANARY})
                    self.assertNotIn("accept-encoding", request.headers)
                    self.assertNotIn("cookie", request.headers)
        for event in ("places_asked", "places_answered"):
            self.server.log.wait(event, level="debug", provider="google_legacy")
        self.end_without_a_trace_of_the_key()

    def test_identical_requests_in_flight_are_one(self):
        connections = [self.client(self.server) for _ in range(8)]
        self.connection.iamat(b"twin", WESTWOOD)
        self.fake.hold()
        for number, connection in enumerate(connections):
            connection.send(b"WHATSAT %s 10 %d\n" % ((b"kiwi", b"twin")[number % 2], number % 4) * 2)
        self.fake.wait_in_flight(1)
        self.client(self.server).iamat(b"other", b"+1+1")
        self.fake.release()
        elements = [place(number) for number in range(5)]
        for number, connection in enumerate(connections):
            for _ in range(2):
                self.assertEqual(connection.answer()[1], cut(elements, number % 4))
        self.assertEqual(len(self.fake.requests), 1)
        self.ask(1, b"11")
        self.assertEqual(len(self.fake.requests), 2)

    def test_slow_provider_delays_nobody_else(self):
        other = self.client(self.server)
        self.fake.hold()
        self.connection.send(b"WHATSAT kiwi 10 1\n")
        self.fake.wait_in_flight(1)
        for number in range(500):
            self.assertTrue(other.iamat(b"busy%d" % number, b"+1+1").startswith(b"AT Goloman "))
        self.assertTrue(self.connection.silent())
        self.assertEqual(self.fake.in_flight, 1)
        self.fake.release()
        self.assertEqual(self.connection.answer()[0], self.at)

    def test_greatest_answer(self):
        self.fake.answer = ways.huge(LIMIT_BYTES)
        self.assertEqual(len(self.ask()), LIMIT_BYTES)
        self.fake.answer = ways.huge(LIMIT_BYTES + 1)
        self.assert_failure_body(self.ask())


class Failures(Relay):
    TIMEOUT_MS = 5000  # for the good answers too, on a busy machine

    def test_every_kind_of_failure(self):
        good = well(results(2))
        elsewhere = self.enterContext(Provider())
        for name, answer in (
                ("hang", ways.hang), ("drip", ways.drip), ("reset", ways.reset_mid_body), ("short", ways.short_body),
                ("garbage", ways.garbage), ("html", ways.html()), ("html 500", ways.html("500 Internal Server Error")),
                ("html 403", ways.html("403 Forbidden")), ("empty", well(b"")), ("blank", well(b" \n ")),
                ("huge", ways.huge(3 * LIMIT_BYTES)), ("endless headers", ways.endless_headers),
                ("compressed", ways.compressed(results(2))), ("redirect", ways.redirect(elsewhere.url)),
                ("cut off JSON", well(results(2)[:-10])), ("two values", well(b'{"results":[]} {}')),
                ("a lone word", well(b"OK")), ("bad number", well(b'{"results":[01]}')),
                ("bad escape", well(b'{"results":["\\x"]}')), ("control byte", well(b'{"results":["\x01"]}')),
                ("too deep", well(b'{"results":' + b"[" * 100 + b"]" * 100 + b"}"))):
            with self.subTest(kind=name):
                # A success before each, so that no breaker of circuits is open when it is asked.
                self.fake.answer = good
                self.assertTrue(is_json(self.ask()))
                asked = len(self.fake.requests)
                self.fake.answer = answer
                self.assert_failure_body(self.ask())
                self.assertGreater(len(self.fake.requests), asked)
        self.assertEqual(elsewhere.requests, [])
        self.end_without_a_trace_of_the_key()

    def test_dead_and_alive_again(self):
        self.fake.answer = well(results(2))
        self.fake.die()
        self.assert_failure_body(self.ask())
        self.fake.open()
        self.assertEqual(self.ask(), results(2, end=""))

    def test_kept_connection_that_died_meanwhile(self):
        def answer_and_close(provider, connection, request):
            well(results(2))(provider, connection, request)
            return False

        self.fake.answer = answer_and_close
        for _ in range(5):
            self.assertEqual(self.ask(), results(2, end=""))

    def test_many_failures_then_good_again(self):
        """Whatever protects the provider from us, IAMAT goes on, and so does WHATSAT in the end."""
        self.fake.answer = ways.html("500 Internal Server Error")
        for _ in range(20):
            self.assert_failure_body(self.ask())
        self.at = self.connection.iamat(b"kiwi", WESTWOOD, now_text())
        self.assertTrue(self.at.startswith(b"AT "))


class Fallback(Scenario):
    def test_next_provider_answers(self):
        fake = self.provider()
        fake.answer = ways.html("500 Internal Server Error")
        server = self.relay(fake, ("google_legacy", "local"))
        connection = self.client(server)
        connection.iamat(b"kiwi", WESTWOOD)
        names = [each["name"] for each in json.loads(connection.whatsat(b"kiwi", b"10", b"20")[1])["results"]]
        self.assertIn("Westwood", names)
        self.assertEqual(len(fake.requests), 1)

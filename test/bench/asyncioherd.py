# SPDX-License-Identifier: MIT
"""
A herd of one server as somebody writes it in an afternoon: asyncio's streams and a dictionary.

To compare with: it does what a client sees, and neither floods nor keeps
anything. It listens on a free port of 127.0.0.1, says it and runs until it is
killed.
"""

import asyncio
import re
import time

POSITION = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)")
NAME = "Goloman"
clients = {}


def report(client, position, stamp):
    match = POSITION.fullmatch(position)
    if not match or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
        raise ValueError
    sent = float(stamp)
    line = f"AT {NAME} {time.time() - sent:+.9f} {client} {position} {stamp}\n"
    if client not in clients or clients[client][0] <= sent:
        clients[client] = (sent, line)
    return line


def question(client, radius, bound):
    if not 0 <= float(radius) <= 50 or not 0 <= int(bound) <= 20:
        raise ValueError
    return clients[client][1] + '{"html_attributions" : [], "results" : [], "status" : "ZERO_RESULTS"}\n\n'


def answer(line):
    try:
        command, *fields = line.split()
        if command == "IAMAT":
            return report(*fields)
        if command == "WHATSAT":
            return question(*fields)
    except (ValueError, TypeError, KeyError):
        pass
    return f"? {line}\n"


async def serve(reader, writer):
    try:
        while line := await reader.readline():
            writer.write(answer(line.decode().rstrip("\n")).encode())
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

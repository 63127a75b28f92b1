# SPDX-License-Identifier: MIT
"""Rooms include only what the house allows: rooms below, their own libraries, no cycles."""

import re

import house
import source


def room_of_face(root, face):
    """A face belongs to the room that has a .c file of its name, else to the one that house.py names."""
    rooms = [room for room in house.USES if (root / "src" / room / f"{face}.c").exists()]
    if not rooms and face in house.FACES:
        return house.FACES[face]
    return rooms[0] if len(rooms) == 1 else None


def check_face(root, path, line, name, room):
    face = name[len("herd/"):].removesuffix(".h")
    if not (root / "include" / name).exists():
        return [(path, line, f"there is no include/{name}")]
    other = room_of_face(root, face)
    if other is None:
        return [(path, line, f"{name} belongs to no room: no src/*/{face}.c, and test/style/house.py names none")]
    if other != room and other not in house.USES[room]:
        return [(path, line, f"{room} may not use {other} ({name})")]
    return []


def check_system(path, line, name, room):
    for beginning, rooms in house.LIBRARIES.items():
        if name == beginning or (beginning.endswith("/") and name.startswith(beginning)):
            return [] if room in rooms else [(path, line, f"{room} may not see the library of <{name}>")]
    if room in house.PURE and name not in house.PLAIN and name not in house.PURE[room]:
        return [(path, line, f"{room} is logic without I/O, it may not see <{name}>")]
    return []


def check_file(root, path, room):
    problems = []
    for line, name, quoted in source.includes(source.read(path)):
        if quoted and name.startswith("herd/"):
            problems += check_face(root, path, line, name, room)
        elif quoted and (name != "local.h" or path.parent.name == "herd"):
            problems.append((path, line, f'rooms meet through "herd/...", and inside a room is "local.h": not {name}'))
        elif not quoted:
            problems += check_system(path, line, name, room)
    return problems


def check_cycles(root):
    """Depth first through the faces; each cycle is told once, where it closes."""
    problems, state = [], {}

    def visit(name, trail):
        path = root / "include" / name
        if state.get(name) == "done" or not path.exists():
            return
        state[name] = "open"
        for line, other, quoted in source.includes(source.read(path)):
            if quoted and state.get(other) == "open":
                problems.append((path, line, "include cycle: " + " -> ".join(trail + [name, other])))
            elif quoted:
                visit(other, trail + [name])
        state[name] = "done"

    for path in source.files(root, ["include/herd"], [".h"]):
        visit(f"herd/{path.name}", [])
    return problems


def check_linking(root, room):
    """What the room links, in its CMakeLists.txt, is no more than what it may use."""
    path = root / "src" / room / "CMakeLists.txt"
    call = re.search(r"herd_room\(([^)]*)\)", source.read(path)) if path.exists() else None
    if call is None:
        return [(root / "src" / room, 1, "its CMakeLists.txt has no herd_room(...)")]
    words = call.group(1).split()
    used = words[words.index("USES") + 1:] if "USES" in words else []
    used = used[:used.index("LIBRARIES")] if "LIBRARIES" in used else used
    return [(path, 1, f"{room} may not link {other}") for other in used if other not in house.USES[room]]


def find_problems(root):
    problems, looked_at = check_cycles(root), 0
    for folder in sorted((root / "src").glob("*")):
        if folder.is_dir() and folder.name not in house.USES:
            problems.append((folder, 1, "a room that test/style/house.py does not know"))
    for room in house.USES:
        if not (root / "src" / room).is_dir():
            continue
        problems += check_linking(root, room)
        for path in source.files(root, [f"src/{room}"], [".c", ".h"]):
            looked_at += 1
            problems += check_file(root, path, room)
    for path in source.files(root, ["include/herd"], [".h"]):
        looked_at += 1
        room = room_of_face(root, path.stem)
        if room is None:
            problems.append((path, 1, f"no room has {path.stem}.c, and test/style/house.py names none for it"))
        else:
            problems += check_file(root, path, room)
    return problems, looked_at


if __name__ == "__main__":
    source.main("layers", find_problems)

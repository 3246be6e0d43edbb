"""Small files, changed by chance."""

import random


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return the content after one to three flips of bytes or bits, cuts, insertions, repetitions or zeroed spans."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        # Half of the changes meet the first 256 bytes, where the headers are.
        place = chance.randrange(min(len(changed), 256) if chance.random() < 0.5 else len(changed)) if changed else 0
        length = chance.choice((1, 2, 4, 8, 100))
        kind = chance.choice(("byte", "bit", "cut", "insert", "repeat", "zero", "drop", "largest"))
        if kind == "byte" and changed:
            changed[place] = chance.randrange(256)
        elif kind == "bit" and changed:
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del changed[place:]
        elif kind == "insert":
            changed[place:place] = chance.randbytes(length)
        elif kind == "repeat":
            changed[place:place] = changed[place : place + length]
        elif kind in ("zero", "largest"):
            changed[place : place + length] = (b"\0" if kind == "zero" else b"\xff") * length
        else:
            del changed[place : place + length]
    return bytes(changed)

"""Programs damaged in one place: every place, in every way that we could think of."""

from dataclasses import replace

import sympy as sp

from hessbound.derive.lowering.ir import (
    KINDS,
    RANGES,
    STAGES,
    Product,
    a,
    i,
    indices_of,
    k,
    name_of,
    total,
)

LETTERS = tuple(KINDS)
LOOSE = sp.Symbol("q", integer=True)  # no index of the IR


def damaged(program):
    """Yield (what was done, the damaged program)."""
    for stage in STAGES:
        statements = getattr(program, stage)
        for n, s in enumerate(statements):
            for what, others in _of_statement(s):
                changed = (*statements[:n], *others, *statements[n + 1 :])
                yield f"{what} in {stage}: {s}", replace(program, **{stage: changed})
            for other in STAGES:
                if other != stage:
                    rest = {stage: (*statements[:n], *statements[n + 1 :])}
                    rest[other] = (*getattr(program, other), s)
                    yield f"stage {other} for {stage}: {s}", replace(program, **rest)
                    rest[other] = (s, *getattr(program, other))
                    yield f"stage {other} (first) for {stage}: {s}", replace(program, **rest)
            if n:
                order = (*statements[: n - 1], s, statements[n - 1], *statements[n + 1 :])
                yield f"moved up in {stage}: {s}", replace(program, **{stage: order})
    yield from _of_names(program)
    yield from _of_frame(program)


def _of_statement(s):
    """Yield (what, the statements in its place)."""
    yield "dropped", ()
    yield "duplicated", (s, s)
    yield "add flipped", (replace(s, add=not s.add),)
    yield "not symmetric", (replace(s, symmetric=()),)
    for x, y in s.symmetric:
        yield "half symmetric", (replace(s, symmetric=((x, y),)),)
        yield "turned symmetry", (replace(s, symmetric=((y, x),)),)
    own = indices_of(s.target)
    for n, x in enumerate(own):
        for y in own[n + 1 :]:
            yield "symmetric", (replace(s, symmetric=(*s.symmetric, (x, y))),)
    for target in _entries(s.target):
        yield f"target {target}", (replace(s, target=target),)
    if isinstance(s, Product):
        yield "sides swapped", (replace(s, left=s.right, right=s.left),)
        for x in LETTERS:
            yield f"over {x}", (replace(s, over=x),)
        if len(s.summed) == 2:
            yield "over one", (replace(s, over=s.summed[0]),)
            yield "over turned", (replace(s, over=s.summed[::-1]),)
        for side in ("left", "right"):
            for other in _entries(getattr(s, side)):
                yield f"{side} {other}", (replace(s, **{side: other}),)
        return
    for what, value in _values(s.value):
        yield what, (replace(s, value=value),)


def _values(value):
    """Yield (what, a changed value)."""
    for n in (-1, 0, 2, sp.Rational(1, 2)):
        yield f"times {n}", n * value
    yield "plus 1", value + 1
    yield "squared", value**2
    for x in value.atoms(sp.Integer, sp.Rational):
        yield f"number {x}", value.xreplace({x: x + 1})
    if isinstance(value, sp.Add):
        for x in value.args:
            yield f"without {x}", value - x
    for x in value.atoms(sp.Mul):
        for factor in x.args:
            yield f"without the factor {factor}", value.xreplace({x: x / factor})
    for x in value.atoms(sp.Indexed):
        for other in _entries(x):
            yield f"{other} for {x}", value.xreplace({x: other})
    for x in value.atoms(sp.KroneckerDelta):
        for other in (0, 1, sp.KroneckerDelta(*x.args[::-1]) / 2, sp.KroneckerDelta(i, k)):
            yield f"{other} for {x}", value.xreplace({x: sp.sympify(other)})
    for x in value.atoms(sp.Sum):
        for what, other in _sums(x):
            yield what, value.xreplace({x: other})
    yield "summed over k", total(value, k)
    yield "summed over a", total(value, a)
    yield "summed over i", total(value, i)


def _sums(x):
    body, limits = x.function, x.limits
    yield "no sum", body
    for n, (y, low, high) in enumerate(limits):
        kind = RANGES[KINDS[y]]
        ranges = [(low + 1, high), (low, high - 1), (low - 1, high), (low, high + 1), (5, 7), kind]
        ranges += [ends for ends in RANGES.values() if ends != kind]
        for ends in ranges:
            if ends != (low, high):
                changed = (*limits[:n], (y, *ends), *limits[n + 1 :])
                yield f"range {ends} of {y}", sp.Sum(body, *changed)
        if len(limits) > 1:
            yield f"not over {y}", sp.Sum(body, *limits[:n], *limits[n + 1 :])
        for z in LETTERS:
            if z != y:
                changed = (*limits[:n], (z, low, high), *limits[n + 1 :])
                yield f"over {z} for {y}", sp.Sum(body, *changed)
        yield f"twice over {y}", sp.Sum(body, *limits, (y, low, high))
    yield "turned limits", sp.Sum(body, *limits[::-1])


def _entries(x):
    """Yield an entry with an index changed, dropped or added, or two swapped."""
    if not isinstance(x, sp.Indexed):
        yield sp.IndexedBase(str(x))[i]
        yield sp.IndexedBase(str(x))[k]
        return
    own = tuple(x.indices)
    for n, y in enumerate(own):
        for z in (*LETTERS, LOOSE, y + 1, sp.Integer(1)):
            if z != y:
                yield x.base[(*own[:n], z, *own[n + 1 :])]
        rest = (*own[:n], *own[n + 1 :])
        yield x.base[rest] if rest else sp.Symbol(str(x.base))
        if n:
            yield x.base[(*own[: n - 1], y, own[n - 1], *own[n + 1 :])]
    for y in LETTERS:
        yield x.base[(*own, y)]
    yield sp.Symbol(str(x.base))


def _of_names(program):
    """Another array, of any that there is, for each that is read."""
    names = [x.name for x in program.inputs] + [name_of(s.target) for s in program.statements()]
    names = list(dict.fromkeys((*names, "nowhere")))
    for stage in STAGES:
        statements = getattr(program, stage)
        for n, s in enumerate(statements):
            fields = ("target", "left", "right") if isinstance(s, Product) else ("target", "value")
            for field in fields:
                old = getattr(s, field)
                for x in (*old.atoms(sp.Indexed), *(old.free_symbols - old.atoms(sp.Indexed))):
                    for name in names:
                        other = _renamed(x, name)
                        if other is None or other == x:
                            continue
                        changed = replace(s, **{field: old.xreplace({x: other})})
                        rest = (*statements[:n], changed, *statements[n + 1 :])
                        yield f"{name} for {x} in {stage}: {s}", replace(program, **{stage: rest})


def _renamed(x, name):
    if isinstance(x, sp.Indexed):
        return sp.IndexedBase(name)[x.indices]
    return sp.Symbol(name) if isinstance(x, sp.Symbol) and x not in KINDS else None


def _of_frame(program):
    """Outputs and inputs."""
    for n, name in enumerate(program.outputs):
        rest = (*program.outputs[:n], *program.outputs[n + 1 :])
        yield f"output {name} dropped", replace(program, outputs=rest)
        yield f"output {name} renamed", replace(program, outputs=(*rest, f"{name}_"))
        yield f"output {name} twice", replace(program, outputs=(*program.outputs, name))
    for n, x in enumerate(program.inputs):
        rest = (*program.inputs[:n], *program.inputs[n + 1 :])
        yield f"input {x.name} dropped", replace(program, inputs=rest)
        yield f"input {x.name} twice", replace(program, inputs=(*program.inputs, x))
        others = [replace(x, kinds=x.kinds[1:]), replace(x, kinds=(*x.kinds, "hidden"))]
        others += [replace(x, kinds=x.kinds[::-1]), replace(x, symmetric=())]
        for other in others:
            if other != x:
                yield f"input {other} for {x}", replace(program, inputs=(*rest, other))

"""The small changes that are made to a function of the core, each of which some test ought to notice."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Final

type Change = Callable[[], ast.AST | None]  # makes the changed node; None: it is left out

_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_RECKONED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_CALLED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: the `number`th of its file, in the function `where` (as `co_qualname`) that begins at `begins`."""

    path: str  # from the folder of the source
    number: int
    where: str
    begins: int
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.where}: {self.says}"


def mutants_of(source: Path, path: str) -> list[Mutant]:
    """Return every change that can be made to the functions of one file."""
    tree = ast.parse((source / path).read_text())
    return [
        Mutant(path=path, number=number, where=where, begins=begins, line=line, says=says)
        for number, (where, begins, line, says, _) in enumerate(_places(tree))
    ]


def mutated(source: Path, mutant: Mutant) -> CodeType:
    """Return the code of the mutant's function with the change made."""
    tree = ast.parse((source / mutant.path).read_text())
    *_, (parent, field, place), change = next(
        (line, says, at.where, at.change)
        for number, (_, _, line, says, at) in enumerate(_places(tree))
        if number == mutant.number
    )
    made = change()
    siblings = getattr(parent, field)
    if isinstance(siblings, list):
        siblings[place] = ast.Pass() if made is None else made
    else:
        setattr(parent, field, made)
    module = compile(ast.fix_missing_locations(tree), str(source / mutant.path), "exec")
    return next(code for code in _codes(module) if (code.co_qualname, code.co_firstlineno) == _of(mutant))


def _of(mutant: Mutant) -> tuple[str, int]:
    return mutant.where, mutant.begins


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


@dataclass(frozen=True, slots=True)
class _At:
    where: tuple[ast.AST, str, int]  # whose child it is, in which field, in which place of it
    change: Change


type _Place = tuple[str, int, int, str, _At]


def _places(tree: ast.Module) -> Iterator[_Place]:
    for function, name in _functions(tree, ""):
        begins = min([function.lineno, *(one.lineno for one in function.decorator_list)])
        for statement_place, statement in enumerate(function.body):
            if statement_place == 0 and _is_text(statement):
                continue
            for node, at in _walk(statement, (function, "body", statement_place)):
                for says, change in _changes(node):
                    yield name, begins, getattr(node, "lineno", function.lineno), says, _At(at, change)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield child, f"{prefix}{child.name}"
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")


def _walk(node: ast.AST, at: tuple[ast.AST, str, int]) -> Iterator[tuple[ast.AST, tuple[ast.AST, str, int]]]:
    if isinstance(node, (ast.JoinedStr, ast.Raise, ast.arguments)) or _is_text(node):
        return  # words, and what cannot happen
    yield node, at
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_comment", "type_params", "pattern"):
            continue
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                yield from _walk(child, (node, field, place))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    yield from _of_operators(node)
    yield from _of_values(node)
    yield from _of_statements(node)


def _of_operators(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare(ops=[first, *_]) if type(first) in _COMPARED:
            other = _COMPARED[type(first)]
            yield _words(first, other), lambda: _with(node, ops=[other(), *node.ops[1:]])
        case ast.BoolOp(op=op):
            joined = ast.Or if isinstance(op, ast.And) else ast.And
            yield _words(op, joined), lambda: _with(node, op=joined())
        case ast.UnaryOp(op=ast.Not() | ast.USub() as op, operand=operand):
            yield f"{type(op).__name__} left out", lambda: operand
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _RECKONED:
            otherwise = _RECKONED[type(op)]
            yield _words(op, otherwise), lambda: _with(node, op=otherwise())


def _of_values(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Constant(value=bool() as value):
            yield f"{value} to {not value}", lambda: ast.Constant(not value)
        case ast.Constant(value=int() as number):
            yield f"{number} to {number + 1}", lambda: ast.Constant(number + 1)
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            yield f"{name} to {_CALLED[name]}", lambda: _with(node, func=ast.Name(_CALLED[name], ast.Load()))
        case ast.IfExp(body=body, orelse=orelse):
            yield "branches swapped", lambda: _with(node, body=orelse, orelse=body)


def _of_statements(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test):
            yield "condition negated", lambda: _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "returns None", lambda: _with(node, value=ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield "call left out", lambda: None
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield "assignment left out", lambda: None
        case ast.Continue():
            yield "continue to break", ast.Break


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _words(one: ast.AST, other: type[ast.AST]) -> str:
    return f"{type(one).__name__} to {other.__name__}"

"""The small changes that are made to the functions of the source, each of which some test ought to notice.

Changed are comparisons, arithmetic, `and` and `or`, numbers, truth values, `min` and `max`, conditions, what is
returned, and whether a call or an assignment happens at all.

Not changed, because nothing that trades would differ, or no test should hold it:

- words: docstrings, texts, the wording of refusals and of errors (the arithmetic inside a refusal's text is changed:
  its numbers are what people act upon), and which of two texts is chosen;
- what raises, and `assert_never`: failures of ours, which no conversation reaches;
- annotations, decorators, the patterns of `match`, `strict=` of a `zip`: mypy and the data's own shape hold them;
- default arguments, and what a module or a class holds outside its functions (`Final` names, tables, fields): they
  are evaluated at import, and a change is made to the living function. So too what a function of a module does that
  the module alone calls, while it is imported, to fill its tables; functions that such a one makes are changed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Final

type Change = Callable[[], ast.AST | None]  # makes the changed node; None: it is left out
type _Function = ast.FunctionDef | ast.AsyncFunctionDef

_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_RECKONED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_CALLED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_NOTHING: Final = {"str": "''", "list": "[]", "dict": "{}"}
_NOT_WALKED: Final = frozenset(
    {"annotation", "returns", "decorator_list", "type_comment", "type_params", "pattern", "format_spec"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: the `number`th of its file, in the function `where` (as `co_qualname`) that begins at `begins`."""

    path: str  # from the folder of the source
    number: int
    where: str
    begins: int
    line: int
    last_line: int  # of what is changed
    statement: tuple[int, int]  # the lines of the statement that it is part of, for what has no line of its own
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.where}: {self.says}"


def mutants_of(source: Path, path: str) -> list[Mutant]:
    """Return every change that can be made to the functions of one file."""
    return [
        Mutant(
            path=path, number=number, where=place.where, begins=place.begins, says=place.says,
            line=getattr(place.at.node, "lineno", place.at.statement[0]), last_line=_last_line(place.at),
            statement=place.at.statement,
        )
        for number, place in enumerate(_places(ast.parse((source / path).read_text())))
    ]  # fmt: skip


def mutated(source: Path, mutant: Mutant) -> list[CodeType]:
    """Return the code of the mutant's function with the change made, and of all that is defined within it."""
    tree = ast.parse((source / mutant.path).read_text())
    place = next(place for number, place in enumerate(_places(tree)) if number == mutant.number)
    made = place.change()
    parent, field = place.at.parent, place.at.field
    siblings = getattr(parent, field)
    if isinstance(siblings, list):
        siblings[place.at.position] = ast.Pass() if made is None else made
    else:
        setattr(parent, field, made)
    module = compile(ast.fix_missing_locations(tree), str(source / mutant.path), "exec")
    whole = next(
        code for code in within(module) if (code.co_qualname, code.co_firstlineno) == (mutant.where, mutant.begins)
    )
    return [whole, *within(whole)]


def within(code: CodeType) -> Iterator[CodeType]:
    """Yield all code that is defined inside other code, however deep."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from within(one)


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """A node, and whose child it is: in which field of that, in which position of the field."""

    node: ast.AST
    parent: ast.AST
    field: str
    position: int
    statement: tuple[int, int]
    in_words: bool = False
    in_inner: bool = False  # of a function that the walked one makes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where one change is made."""

    where: str
    begins: int
    says: str
    at: _At
    change: Change


def _places(tree: ast.Module) -> Iterator[_Place]:
    at_import = _called_at_import(tree)
    for function, name in _functions(tree, ""):
        begins = min([function.lineno, *(one.lineno for one in function.decorator_list)])
        for at in _walked(function):
            if name in at_import and not at.in_inner:
                continue
            for says, change in (*_changes(at.node, in_words=at.in_words), *_of_returns(at.node, function.returns)):
                yield _Place(where=name, begins=begins, says=says, at=at, change=change)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[_Function, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child, f"{prefix}{child.name}"
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")


def _called_at_import(tree: ast.Module) -> frozenset[str]:
    """Return the functions of a module that it calls while it is imported, and that nothing else names."""
    called: set[str] = set()
    kept: set[str] = set()  # for later: by a function, or as a value
    for statement in tree.body:
        for node, is_called in _names(statement):
            own = isinstance(statement, ast.FunctionDef) and node == statement.name
            (called if is_called else kept).update(() if own else {node})
    return frozenset({one.name for one in tree.body if isinstance(one, ast.FunctionDef)} & (called - kept))


def _names(node: ast.AST, *, later: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield every name that is read in a node, and whether that is to call it as soon as the node is run."""
    later = later or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    if isinstance(node, ast.Name):
        yield node.id, False
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.Call) and child is node.func and isinstance(child, ast.Name):
            yield child.id, not later
        else:
            yield from _names(child, later=later)


def _walked(function: _Function) -> Iterator[_At]:
    for position, node in enumerate(function.body):
        yield from _walk(_At(node=node, parent=function, field="body", position=position, statement=_lines(node)))


def _walk(at: _At) -> Iterator[_At]:
    node = at.node
    if _is_left_alone(node):
        return
    yield at
    for field, value in ast.iter_fields(node):
        if field in _NOT_WALKED:
            continue
        for position, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                statement = _lines(child) if isinstance(child, ast.stmt) else at.statement
                inner = _At(
                    node=child, parent=node, field=field, position=position, statement=statement,
                    in_words=at.in_words or isinstance(node, ast.JoinedStr),
                    in_inner=at.in_inner or isinstance(node, (ast.FunctionDef, ast.Lambda)),
                )  # fmt: skip
                yield from _walk(inner)


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.arguments() | ast.Expr(value=ast.Constant()) | ast.keyword(arg="strict"):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
    return False


def _changes(node: ast.AST, *, in_words: bool) -> Iterator[tuple[str, Change]]:
    yield from _of_arithmetic(node)
    if not in_words:
        yield from _of_conditions(node)
        yield from _of_statements(node)


def _of_arithmetic(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "USub left out", lambda: operand
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _RECKONED:
            otherwise = _RECKONED[type(op)]
            yield _words(op, otherwise), lambda: _with(node, op=otherwise())
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            yield f"{number} to {number + 1}", lambda: ast.Constant(number + 1)
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            yield f"{name} to {_CALLED[name]}", lambda: _with(node, func=ast.Name(_CALLED[name], ast.Load()))


def _of_conditions(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare(ops=[first, *_]) if type(first) in _COMPARED:
            other = _COMPARED[type(first)]
            yield _words(first, other), lambda: _with(node, ops=[other(), *node.ops[1:]])
        case ast.BoolOp(op=op):
            joined = ast.Or if isinstance(op, ast.And) else ast.And
            yield _words(op, joined), lambda: _with(node, op=joined())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "Not left out", lambda: operand
        case ast.Constant(value=bool() as value):
            yield f"{value} to {not value}", lambda: ast.Constant(not value)
        case ast.IfExp(test=test, body=body, orelse=orelse) if _is_plain(test) and not (
            _is_text(body) and _is_text(orelse)
        ):  # what compares is changed where it compares
            yield "branches swapped", lambda: _with(node, body=orelse, orelse=body)
        case ast.If(test=test) if _is_plain(test):
            yield "condition negated", lambda: _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.comprehension(ifs=[test, *others]) if _is_plain(test):
            yield "condition negated", lambda: _with(node, ifs=[ast.UnaryOp(ast.Not(), test), *others])


def _of_statements(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Expr(value=ast.Call()):
            yield "call left out", lambda: None
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield "assignment left out", lambda: None
        case ast.Continue():
            yield "continue to break", ast.Break
        case ast.Break():
            yield "break to continue", ast.Continue


def _of_returns(node: ast.AST, promised: ast.expr | None) -> Iterator[tuple[str, Change]]:
    """Return nothing of the type that is promised, so that mypy would not notice first; None of what has no such."""
    if not isinstance(node, ast.Return) or node.value is None or isinstance(node.value, ast.Constant):
        return
    match promised:
        case ast.Name(id="bool"):
            if not isinstance(node.value, (ast.Compare, ast.UnaryOp)):  # changed where it compares
                value = node.value
                yield "returns the opposite", lambda: _with(node, value=ast.UnaryOp(ast.Not(), value))
        case ast.Name(id="Decimal" | "int"):
            if ast.unparse(node.value) != "ZERO":
                number = node.value
                yield "returns nothing", lambda: _with(node, value=ast.BinOp(ast.Constant(0), ast.Mult(), number))
        case ast.Name(id="str" as kind) | ast.Subscript(value=ast.Name(id="list" | "dict" as kind)):
            if ast.unparse(node.value) not in {"{}", "[]"}:
                yield "returns nothing", lambda: _with(node, value=ast.parse(_NOTHING[kind], mode="eval").body)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[_, ast.Constant(value=ellipsis)])) if (
            ellipsis is Ellipsis and ast.unparse(node.value) != "()"
        ):
            yield "returns nothing", lambda: _with(node, value=ast.Tuple([], ast.Load()))
        case _ if ast.unparse(node.value) not in {"()", "{}", "[]", "ZERO"}:
            yield "returns None", lambda: _with(node, value=ast.Constant(None))


def _is_plain(test: ast.AST) -> bool:
    return isinstance(test, (ast.Name, ast.Attribute, ast.Call, ast.NamedExpr))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """Return the first and the last line of a statement; of one that holds others, of its head."""
    last = statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if body:
        first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
        last = max(statement.lineno, first.lineno - 1)
    return statement.lineno, last


def _last_line(at: _At) -> int:
    return _lines(at.node)[1] if isinstance(at.node, ast.stmt) else getattr(at.node, "end_lineno", at.statement[1])


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _words(one: ast.AST, other: type[ast.AST]) -> str:
    return f"{type(one).__name__} to {other.__name__}"

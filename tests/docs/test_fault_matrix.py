"""The page of the fault matrix shows every fault and every venue that the matrix plays, and no other."""

from __future__ import annotations

from fault_matrix.faults import FAULTS
from fault_matrix.page import HELD, PAGE, page
from fault_matrix.places import PLACES

from fakes.pages import page as read


def test_the_table_has_the_faults_and_venues_of_the_code_and_every_cell_is_held() -> None:
    rows = list(read(PAGE).rows())
    assert rows == [[fault.name, fault.says, *[HELD] * len(PLACES)] for fault in FAULTS]


def test_the_page_is_what_the_command_writes() -> None:
    assert read(PAGE).text == page({fault.name: dict.fromkeys(PLACES, ()) for fault in FAULTS})

"""The parts of the protocol that strategy services were promised, by number and type."""

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from livexec.v1 import control_pb2, control_pb2_grpc, execution_pb2, execution_pb2_grpc

TEXT = FieldDescriptor.TYPE_STRING
INT64 = FieldDescriptor.TYPE_INT64
MESSAGE = FieldDescriptor.TYPE_MESSAGE
FIRST_OF_OURS = 10

ORDER = {
    1: ("operation_id", TEXT),
    2: ("instrument_key", TEXT),
    3: ("side", TEXT),
    4: ("amount", TEXT),
    5: ("price", TEXT),
    6: ("strategy_id", TEXT),
    7: ("exec_algorithm_params", MESSAGE),
}
EXECUTION_RESULT = {
    1: ("operation_id", TEXT),
    2: ("status", TEXT),
    3: ("venue", TEXT),
    4: ("fills", MESSAGE),
    5: ("error_message", TEXT),
}
FILL = {
    1: ("fill_id", TEXT),
    2: ("quantity", TEXT),
    3: ("price", TEXT),
    4: ("fee", TEXT),
    5: ("fee_currency", TEXT),
    6: ("timestamp_ns", INT64),
    7: ("venue", TEXT),
    8: ("venue_order_id", TEXT),
    9: ("liquidity", TEXT),
}
EXECUTION_SERVICE = {
    *("SubmitOrder", "SubmitOrders", "AmendOrder", "CancelOrder", "CancelAll", "GetOrder", "ListOrders"),
    *("WatchExecutions", "GetPositions", "GetExposure", "CheckOrder", "ExplainOrder", "PushSignal"),
}
CONTROL_SERVICE = {
    *(
        "Halt",
        "Resume",
        "Flatten",
        "SetLimits",
        "ApproveLimits",
        "GetLimits",
        "ListVenues",
        "ListBreaks",
        "ResolveBreak",
    ),
    *("AdjustPosition", "TransferPosition", "BustTrade"),
}


@pytest.mark.parametrize(
    ("message", "promised"),
    [
        pytest.param(execution_pb2.Order.DESCRIPTOR, ORDER, id="Order"),
        pytest.param(execution_pb2.ExecutionResult.DESCRIPTOR, EXECUTION_RESULT, id="ExecutionResult"),
        pytest.param(execution_pb2.Fill.DESCRIPTOR, FILL, id="Fill"),
    ],
)
def test_the_users_numbers_are_fixed_for_ever(message: Descriptor, promised: dict[int, tuple[str, int]]) -> None:
    below_ours = {field.number: (field.name, field.type) for field in message.fields if field.number < FIRST_OF_OURS}
    assert below_ours == promised


def test_an_algorithms_parameters_are_a_map_from_text_to_text() -> None:
    entry = execution_pb2.Order.DESCRIPTOR.fields_by_number[7].message_type
    assert entry is not None
    assert entry.GetOptions().map_entry
    assert {field.type for field in entry.fields} == {TEXT}


def test_the_fills_of_a_result_are_many() -> None:
    fills = execution_pb2.ExecutionResult.DESCRIPTOR.fields_by_number[4]
    assert fills.is_repeated
    assert fills.message_type is execution_pb2.Fill.DESCRIPTOR


def test_the_execution_service_offers_every_call_of_the_contract() -> None:
    service = execution_pb2.DESCRIPTOR.services_by_name["ExecutionService"]
    assert service.full_name == "livexec.v1.ExecutionService"
    assert {method.name for method in service.methods} == EXECUTION_SERVICE
    assert all(hasattr(execution_pb2_grpc.ExecutionServiceServicer, name) for name in EXECUTION_SERVICE)


def test_the_control_service_offers_every_call_of_the_contract() -> None:
    service = control_pb2.DESCRIPTOR.services_by_name["ControlService"]
    assert service.full_name == "livexec.v1.ControlService"
    assert {method.name for method in service.methods} == CONTROL_SERVICE
    assert all(hasattr(control_pb2_grpc.ControlServiceServicer, name) for name in CONTROL_SERVICE)


def test_orders_in_and_results_out() -> None:
    methods = execution_pb2.DESCRIPTOR.services_by_name["ExecutionService"].methods_by_name
    for name in ("SubmitOrder", "SubmitOrders"):
        assert methods[name].input_type is execution_pb2.Order.DESCRIPTOR
        assert methods[name].output_type is execution_pb2.ExecutionResult.DESCRIPTOR


def test_streams_are_where_the_contract_has_them() -> None:
    methods = execution_pb2.DESCRIPTOR.services_by_name["ExecutionService"].methods
    streams = {each.name: (each.client_streaming, each.server_streaming) for each in methods}
    streaming = {name: ways for name, ways in streams.items() if any(ways)}
    assert streaming == {"SubmitOrders": (True, True), "WatchExecutions": (False, True)}


@pytest.mark.parametrize(
    "request_type",
    [
        execution_pb2.GetOrderRequest,
        execution_pb2.ListOrdersRequest,
        execution_pb2.GetPositionsRequest,
        execution_pb2.GetExposureRequest,
        execution_pb2.ExplainOrderRequest,
        control_pb2.GetLimitsRequest,
        control_pb2.ListBreaksRequest,
    ],
    ids=lambda each: each.DESCRIPTOR.name,
)
def test_every_read_can_wait_for_a_sequence(request_type: type[Message]) -> None:
    assert request_type.DESCRIPTOR.fields_by_name["min_sequence"].type == INT64


def test_no_amount_or_price_travels_as_a_float() -> None:
    messages = [
        *execution_pb2.DESCRIPTOR.message_types_by_name.values(),
        *control_pb2.DESCRIPTOR.message_types_by_name.values(),
    ]
    floats = {FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE}
    assert messages
    assert not [
        f"{message.name}.{field.name}" for message in messages for field in message.fields if field.type in floats
    ]

"""The desk under a JupyterLab that was started otherwise, whose widgets call from a thread of their own, a subshell."""

import ast
import asyncio
import threading
import time

import pytest
from jupyter_client.manager import start_new_kernel

from simlib.present.explore import explore

PATIENCE = 60  # seconds

MAKE = """
import asyncio, threading
from simlib.present.explore import explore
desk = explore("scenarios/payment-habit-china.yml", {"simulation.draws": 100})
board, figures, heard = desk._laid.board, desk._laid.views._figures, []
found = next(each for each in board._found if each.path == "habits.imitation")
slider = board._lever(found).children[0]
figures.observe(lambda change: heard.append(threading.current_thread()), "value")
before = figures.value
"""
SEE = """
while figures.value == before:
    await asyncio.sleep(0.01)
desk.close()
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(startup_timeout=PATIENCE)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel, code, **wanted):
    """Run code in the kernel, and return what some expressions are then."""
    asked = {name: f"({text})" for name, text in wanted.items()}
    reply = kernel.execute_interactive(code, user_expressions=asked, timeout=PATIENCE)["content"]
    assert reply["status"] == "ok", reply
    return {name: ast.literal_eval(told["data"]["text/plain"]) for name, told in reply["user_expressions"].items()}


def subshell(kernel):
    """Let the kernel have one more thread that takes messages, as JupyterLab asks for by default, and return its name."""
    request = kernel.session.msg("create_subshell_request", {})
    kernel.control_channel.send(request)
    return kernel.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]


def slide(kernel, shell, slider, index):
    """Move a slider as JupyterLab does, by a message to a subshell, and wait until that is done with."""
    data = {"method": "update", "state": {"index": index}, "buffer_paths": []}
    message = kernel.session.msg("comm_msg", {"comm_id": slider, "data": data})
    message["header"]["subshell_id"] = shell
    kernel.shell_channel.send(message)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        heard = kernel.get_iopub_msg(timeout=PATIENCE)
        is_answer = heard["parent_header"].get("msg_id") == message["header"]["msg_id"]
        if is_answer and heard["content"].get("execution_state") == "idle":
            return
    raise TimeoutError("the subshell is never done")


def test_a_kernel_that_takes_a_move_in_a_subshell_answers_it_where_the_desk_lives(kernel):
    """ipykernel 7.4 hands the move to the main thread itself; whatever others do, the figure is worked out there."""
    at = run(kernel, MAKE, slider="slider.model_id", index="slider.index")
    slide(kernel, subshell(kernel), at["slider"], at["index"] + 5)
    threads = "[thread is threading.main_thread() for thread in heard]"
    seen = run(kernel, SEE, index="slider.index", threads=threads, message="desk._head.message.value")
    assert seen == {"index": at["index"] + 5, "threads": [True], "message": ""}


def test_a_move_from_another_thread_with_a_loop_of_its_own_is_answered_in_the_desks_own():
    async def afternoon():
        desk, heard = explore("scenarios/payment-habit-china.yml", {"simulation.draws": 100}), []
        found = next(each for each in desk._laid.board._found if each.path == "habits.imitation")
        slider = desk._laid.board._lever(found).children[0]
        desk._laid.views._figures.observe(lambda _: heard.append(threading.current_thread()), "value")

        async def move():
            slider.index += 5
            while not heard:
                await asyncio.sleep(0.01)

        await desk._task  # what was begun in this loop would go on in it
        await asyncio.to_thread(lambda: asyncio.run(move()))
        desk.close()
        return heard

    heard = asyncio.run(asyncio.wait_for(afternoon(), PATIENCE))
    assert heard == [threading.main_thread()]

"""What the page, its tools and its sandbox must stand: 37 cases, each with the tests that hold it.

    U01 HTML and scripts in what a model or a tool wrote
        test_what_a_model_writes_runs_nothing_and_loads_nothing, test_what_a_model_writes_is_text
    U02 pictures of foreign hosts
        test_what_a_model_writes_runs_nothing_and_loads_nothing, test_every_answer_carries_the_policy,
        test_pictures_become_links_and_formulas_and_code_stay
    U03 two visitors
        test_two_visitors_are_apart, test_sessions_are_apart_and_the_oldest_go,
        test_two_sessions_see_nothing_of_each_other
    U04 uploads
        test_an_upload_is_stored_under_a_random_name_and_used_under_its_own,
        test_an_upload_that_does_not_come_whole_replaces_nothing,
        test_a_name_with_a_path_reaches_nothing_outside, test_names_that_lead_elsewhere_are_refused,
        test_a_file_over_the_limit_is_refused_by_the_browser_and_by_the_server,
        test_uploads_fill_the_folder_to_its_limit_and_no_further, test_a_zip_bomb_and_a_program_are_kept_as_plain_files,
        test_a_zip_bomb_stays_what_it_is_until_a_cell_unpacks_it_and_meets_the_limits,
        test_a_conversation_is_no_other_kind_of_file_by_name_or_content, test_faults_are_said_on_the_page,
        test_what_is_uploaded_is_not_kept_in_memory_beside_the_workspace
    U05 foreign origins
        test_other_hosts_and_origins_are_refused, test_other_origins_and_hosts_are_refused
    U06 an open address with the code interpreter on
        test_the_page_listens_on_this_machine_only
    U07 a megabyte, 10,000 messages, broken Markdown, marks of direction
        test_answers_of_a_megabyte_leave_the_page_usable, test_ten_thousand_messages_leave_the_page_usable,
        test_broken_markdown_and_marks_of_direction_leave_the_page_usable,
        test_a_growing_answer_costs_the_same_at_its_end_as_at_its_beginning, test_a_growing_text_keeps_its_pieces
    U08 reload, back, two tabs, a page that is closed
        test_a_reload_in_the_middle_of_an_answer_loses_nothing,
        test_an_answer_outlives_a_reload_and_ends_when_its_page_is_closed,
        test_history_is_kept_over_back_a_second_tab_and_a_closed_page,
        test_an_answer_that_no_page_shows_is_stopped_and_what_came_is_kept,
        test_an_idle_interpreter_is_freed_and_the_user_told
    C01 cells without an end
        test_time_is_limited
    C02 processes and threads
        test_an_attack_is_stopped, test_without_walls_closing_ends_what_a_cell_started_all_the_same
    C03 memory
        test_an_attack_is_stopped
    C04 disk
        test_an_attack_is_stopped, test_files_beyond_the_quota_end_the_cell
    C05 output
        test_much_output_is_cut_and_costs_no_memory
    C06 network
        test_an_attack_is_stopped
    C07 what is not ours to read
        test_an_attack_is_stopped, test_two_sessions_see_nothing_of_each_other
    C08 what is not ours to write
        test_an_attack_is_stopped, test_shutil_copy_works_although_modes_are_not_set
    C09 windows into other processes
        test_an_attack_is_stopped
    C10 system calls
        test_an_attack_is_stopped, test_a_call_by_the_32_bit_door_ends_the_process
    C11 more rights
        test_an_attack_is_stopped
    C12 terminals
        test_an_attack_is_stopped, test_terminal_codes_are_taken_out
    C13 restarts and crashes
        test_a_hundred_restarts_leave_nothing, test_restarts_leave_no_process_descriptor_or_folder,
        test_a_process_that_ends_is_replaced
    C14 figures
        test_outputs_come_in_the_order_they_were_made, test_figures_of_any_size_and_number
    C15 code that is none
        test_code_is_what_stands_between_the_first_and_the_last_fence, test_the_text_inside_the_fence,
        test_what_is_no_python_is_said_to_be_none, test_the_interpreter_takes_code_and_nothing_else,
        test_code_that_is_too_long_is_refused_and_a_long_one_runs, test_an_error_of_the_code_goes_back_to_the_model
    C16 cells that forge what the worker says
        test_a_cell_cannot_speak_for_the_host, test_a_frame_that_is_not_as_ours_is_passed_over
    C17 cells that poison later ones
        test_threads_of_an_earlier_cell_cannot_speak_in_a_later_one_and_go_with_a_restart
    C18 two users at once
        test_two_sessions_see_nothing_of_each_other, test_two_visitors_are_apart
    C19 an owner that is killed
        test_the_worker_dies_with_its_owner, test_nothing_is_left_when_it_ends
    C20 walls that are missing
        test_without_landlock_it_refuses_and_says_what_to_set,
        test_where_namespaces_are_refused_the_level_is_restricted,
        test_without_walls_code_is_refused_with_the_setting_a_container_needs,
        test_in_a_container_the_level_is_restricted_and_the_page_says_what_is_missing,
        test_with_the_flag_an_ordinary_user_runs_code_without_walls
    M01 arguments that are code, or too deep
        test_a_call_that_cannot_be_made_is_explained_to_the_model
    M02 arguments that do not fit, tools that are not there
        test_a_call_is_checked_before_it_is_made, test_a_call_that_cannot_be_made_is_explained_to_the_model,
        test_a_name_that_no_api_takes_is_refused
    M03 tools that raise
        test_whatever_a_tool_raises_is_a_short_text, test_an_error_is_one_line_without_places
    M04 tools that hang
        test_a_tool_that_hangs_is_killed_at_its_limit, test_what_a_killed_tool_had_started_is_killed_too
    M05 odd results
        test_odd_results_are_text, test_results_without_a_text_are_text_as_well, test_any_value_has_a_text,
        test_no_role_token_survives, test_what_a_model_writes_runs_nothing_and_loads_nothing
    M06 results that give orders
        test_a_result_cannot_bring_in_other_tools, test_the_tools_of_a_conversation_are_fixed_by_its_first_reply,
        test_a_dangerous_call_asks_the_user, test_a_server_of_the_settings_file_asks_before_it_changes_anything,
        test_the_shipped_tools_load_and_none_runs_commands
    M07 a tool that is called for ever
        test_after_the_last_round_a_plain_answer_is_asked_for, test_a_model_that_calls_even_then_makes_no_call
    M08 addresses made of a model's words
        test_a_city_is_one_escaped_part_of_the_path, test_a_server_that_misbehaves_gives_one_sentence,
        test_without_a_network_there_is_one_sentence
    M09 tools that are declared wrongly
        test_a_wrong_declaration_is_refused_at_once, test_a_wrong_file_is_refused_with_its_place

An upload is stored under a random name; the one that the user and the model speak of is a link to it in the folder of
the code, and a name with a path is refused. An answer goes on for four seconds with no page open, for longer while the
browser is loading it, so that a reload loses nothing.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the extra [web]")

from glmkit.cli import main
from glmkit.web.command import _bind

TESTS = Path(__file__).resolve().parents[1]
CASES = [*(f"U{n:02}" for n in range(1, 9)), *(f"C{n:02}" for n in range(1, 21)), *(f"M{n:02}" for n in range(1, 10))]


def test_every_case_has_tests_and_every_test_named_above_is_there() -> None:
    assert __doc__ is not None
    _, *rows = re.split(r"^    (?=[UCM]\d\d )", __doc__, flags=re.MULTILINE)
    named = [re.findall(r"\btest_\w+", row) for row in rows]
    assert [row[:3] for row in rows] == CASES and all(named)
    source = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    known = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    assert {name for names in named for name in names} - known == set()


def test_the_page_listens_on_this_machine_only(capsys: pytest.CaptureFixture[str]) -> None:
    with _bind(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        bound.listen()
        address, port = bound.getsockname()
        with socket.create_connection((address, port), 5):
            pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), 5)  # another address of this machine
    for words in (["--host", "0.0.0.0"], ["--server.address", "0.0.0.0"]):
        assert main(["web", "glmkit-mini", *words]) == 2  # nor can it be told to
    assert "host" in capsys.readouterr().err

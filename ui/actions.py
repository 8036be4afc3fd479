"""Every action of the window: where it stands in the menus, its keys, and when it applies."""

from typing import Final, NamedTuple


class ActionFacts(NamedTuple):
    """One line of a menu.

    Attributes:
        keys: default shortcut in Qt's portable spelling; the examiner may choose another.
        needs: "" (always), "case", "writable", "exhibit" (one is selected), "detector" (one is
            installed), "analysis" (one is under way or waiting), "job", "undo", "redo".
        apart: whether a separator stands above it.
    """

    name: str
    menu: str
    text: str
    keys: str = ""
    needs: str = ""
    apart: bool = False


ACTIONS: Final = (
    ActionFacts("create_case", "&Case", "&Create a case…", "Ctrl+N"),
    ActionFacts("open_case", "&Case", "&Open a case…", "Ctrl+O"),
    ActionFacts("close_case", "&Case", "C&lose the case", "Ctrl+W", "case"),
    ActionFacts("verify_case", "&Case", "&Verify the case", "Ctrl+Shift+V", "case", True),
    ActionFacts("export_report", "&Case", "Export the signed &report…", "Ctrl+R", "writable"),
    ActionFacts("preferences", "&Case", "&Preferences…", "Ctrl+,", "", True),
    ActionFacts("quit", "&Case", "&Quit", "Ctrl+Q", "", True),
    ActionFacts("add_exhibits", "&Exhibit", "&Add exhibits…", "Ctrl+I", "writable"),
    ActionFacts("verify_exhibit", "&Exhibit", "&Verify the exhibit", "Ctrl+E", "exhibit"),
    ActionFacts(
        "add_reference",
        "&Exhibit",
        "Compare with a &known authentic exhibit…",
        "Ctrl+B",
        "writable exhibit",
    ),
    ActionFacts("export_scores", "&Exhibit", "Export the &scores…", "Ctrl+S", "writable exhibit"),
    ActionFacts(
        "export_frame", "&Exhibit", "Export the &frame…", "Ctrl+Shift+S", "writable exhibit", True
    ),
    ActionFacts("copy_place", "&Exhibit", "&Copy where the frame is", "Ctrl+Shift+C", "exhibit"),
    ActionFacts("export_clip", "&Exhibit", "Export the selected s&tretch…", "", "writable exhibit"),
    ActionFacts("export_timeline", "&Exhibit", "Export the t&imeline…", "", "writable exhibit"),
    ActionFacts("previous_exhibit", "&Exhibit", "&Previous exhibit", "Ctrl+Up", "exhibit", True),
    ActionFacts("next_exhibit", "&Exhibit", "&Next exhibit", "Ctrl+Down", "exhibit"),
    ActionFacts(
        "analyse", "&Analysis", "&Analyse the selected", "Ctrl+G", "writable exhibit detector"
    ),
    ActionFacts(
        "analyse_all", "&Analysis", "Analyse a&ll exhibits", "Ctrl+Shift+G", "writable detector"
    ),
    ActionFacts("find_shots", "&Analysis", "Look for s&hot changes", "", "writable exhibit", True),
    ActionFacts("pause", "&Analysis", "&Pause or go on", "Ctrl+P", "analysis", True),
    ActionFacts("cancel", "&Analysis", "&Cancel the job under way", "Ctrl+.", "job"),
    ActionFacts("undo", "&Marks", "&Undo", "Ctrl+Z", "writable undo"),
    ActionFacts("redo", "&Marks", "&Redo", "Ctrl+Shift+Z", "writable redo"),
    ActionFacts("add_marker", "&Marks", "Mark the &frame on screen", "", "writable exhibit", True),
    ActionFacts("add_clip", "&Marks", "&Clip from in to out point…", "Ctrl+M", "writable exhibit"),
    ActionFacts(
        "note_frame", "&Marks", "Marker with a &note…", "Ctrl+Shift+M", "writable exhibit", True
    ),
    ActionFacts("note_segment", "&Marks", "Note on the &segment…", "", "writable exhibit"),
    ActionFacts("note_track", "&Marks", "Note on the &track…", "Ctrl+T", "writable exhibit"),
    ActionFacts("note_exhibit", "&Marks", "Note on the &exhibit…", "", "writable exhibit"),
    ActionFacts(
        "give_finding",
        "&Marks",
        "&Your finding on the exhibit…",
        "Ctrl+Shift+F",
        "writable exhibit",
        True,
    ),
    ActionFacts(
        "give_track_finding", "&Marks", "Your finding &on the track…", "", "writable exhibit"
    ),
    ActionFacts("merge_people", "&Marks", "&Merge people", "Ctrl+J", "writable exhibit", True),
    ActionFacts(
        "split_person", "&Marks", "S&plit the person here", "Ctrl+Shift+J", "writable exhibit"
    ),
    ActionFacts("name_person", "&Marks", "Name t&he person…", "", "writable exhibit"),
    ActionFacts(
        "give_back_person",
        "&Marks",
        "Tracks &as the detector followed them",
        "",
        "writable exhibit",
    ),
    ActionFacts("follow_person", "&Marks", "Fo&llow the person", "Ctrl+Shift+L", "exhibit"),
    ActionFacts("search", "&View", "&Search the case", "Ctrl+F", "case"),
    ActionFacts("palette", "&View", "Fi&nd an action…", "Ctrl+K"),
    ActionFacts("show_exhibits", "&View", "E&xhibits", "Ctrl+1", "case", True),
    ActionFacts("show_player", "&View", "&Player", "Ctrl+2", "case"),
    ActionFacts("show_timeline", "&View", "&Timeline", "Ctrl+3", "case"),
    ActionFacts("show_inspector", "&View", "&Inspector", "Ctrl+4", "case"),
    ActionFacts("show_custody", "&View", "&Custody log", "Ctrl+5", "case"),
    ActionFacts("show_marks", "&View", "&Marks", "Ctrl+6", "case"),
    ActionFacts("show_tracks", "&View", "Peop&le", "Ctrl+7", "case"),
    ActionFacts("show_queue", "&View", "&Queue", "Ctrl+8", "case"),
    ActionFacts("compare", "&View", "C&ompare…", "Ctrl+D", "exhibit", True),
    ActionFacts("detach_panel", "&View", "Detach the p&anel", "Ctrl+Shift+D", "case", True),
    ActionFacts("detach_player", "&View", "D&etach the player", "Ctrl+Shift+P", "case"),
    ActionFacts("save_layout", "&View", "Sa&ve the layout…", "", "case"),
    ActionFacts("choose_layout", "&View", "C&hoose a layout…", "Ctrl+L", "case"),
    ActionFacts("reset_layout", "&View", "&Reset the layout", "", "case"),
    ActionFacts("dark_theme", "&View", "&Dark theme", "", "", True),
    ActionFacts("light_theme", "&View", "Li&ght theme"),
    ActionFacts("system_theme", "&View", "Theme of the s&ystem"),
    ActionFacts("picture_full_screen", "&View", "Picture on the &full screen", "F11", "case", True),
    ActionFacts("full_screen", "&View", "&Window on the full screen", "Shift+F11"),
    ActionFacts("show_keys", "&Help", "&Keys", "F1"),
    ActionFacts("problem_report", "&Help", "Save a &problem report…", "", "", True),
    ActionFacts("about", "&Help", "&About", ""),
)

"""What is public, and what importing it costs."""

import subprocess
import sys

import pytest

import drytune
import drytune_simulator


@pytest.mark.parametrize("package", [drytune, drytune_simulator])
def test_every_public_name_is_there(package):
    """`__all__` is sorted, complete and importable."""
    assert package.__all__ == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_functions_keep_their_names_whatever_was_imported_before():
    """`drytune.check` is the function, also after its module was imported."""
    code = "import drytune.workflow, drytune.cli.app, drytune; assert callable(drytune.check), drytune.check"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        (
            "import drytune",
            "openai tiktoken hypothesis pytest respx rich sqlalchemy numpy tantivy uvicorn click",
        ),
        ("import drytune.testing.plugin", "openai tiktoken hypothesis respx rich sqlalchemy numpy tantivy"),
        ("import drytune.cli.check", "openai sqlalchemy tantivy uvicorn pytest respx hypothesis"),
        ("import drytune_simulator; drytune_simulator.Simulator", "openai pytest tantivy rich numpy respx"),
    ],
)
def test_heavy_libraries_come_late(statement, heavy):
    """Start-up is part of the product."""
    code = f"{statement}; import sys; print(*sorted(set({heavy.split()!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_an_unknown_name_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = drytune.nonsense


def test_imports_go_down_only(root):
    """drytune imports drytune_simulator, never the other way; floors are in pyproject.toml."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

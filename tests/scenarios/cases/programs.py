# SPDX-License-Identifier: Apache-2.0
"""What a node process runs, and whether that is still there."""
import shutil
from pathlib import Path

from case import scenario

FORGOTTEN = ["orphan", "unsupervised-node"]


def server_from_source(case):
    case.app()
    case.left("node src/server.js")
    case.find("node", "node src/server.js")
    case.up("node")


@scenario({"node": [*FORGOTTEN, "stale-script"]})
def script_removed(case):
    """The script is deleted while node runs it."""
    server_from_source(case)
    shutil.rmtree(case.app_dir / "src")


@scenario({"node": [*FORGOTTEN, "stale-script"]})
def script_moved(case):
    """The script is moved elsewhere."""
    server_from_source(case)
    (case.app_dir / "src/server.js").rename(case.app_dir / "dist/server.js")


@scenario({"node": [*FORGOTTEN, "stale-script"]})
def directory_made_anew(case):
    """The whole working directory is deleted and made again: the process is in the old one, and stays there."""
    server_from_source(case)
    shutil.rmtree(case.app_dir)
    case.app()


@scenario({"without_suffix": FORGOTTEN, "dot": FORGOTTEN, "folder": FORGOTTEN, "eval": ["orphan"], "stdin": ["orphan"]})
def entries_that_are_no_file_names(case):
    """node dist/index, node ., node dist, -e and standard input: nothing is stale, though no such file exists."""
    case.app()
    for entry in ("dist/index", ".", "dist"):
        case.left(f"node {entry}")
    case.left("node -e 'setInterval(() => {}, 1e6)'")
    case.write("app/in.js", "setInterval(() => {}, 1e6)\n")
    case.shell("setsid node - <in.js >/dev/null 2>&1 &")
    case.find("without_suffix", "node dist/index")
    case.find("dot", r"node \.")
    case.find("folder", "node dist")
    case.find("eval", "node -e .*")
    case.find("stdin", "node -")


@scenario({"node": FORGOTTEN})
def process_title(case):
    """process.title overwrites argv: only the executable and what was seen at exec tell that it is node."""
    case.app()
    case.write("app/title.js", "process.title = 'my-service'; setInterval(() => {}, 1e6);\n")
    case.left("node title.js")
    case.find("node", "my-service")


@scenario({"renamed": ["?orphan", "?unsupervised-node"], "argv0": FORGOTTEN})
def other_names(case):
    """A copy of node under another name, which may go unseen, and node under another argv[0], which may not."""
    case.app()
    shutil.copy(shutil.which("node", path=case.env["PATH"]), case.dir / "myserver")
    case.left(f"{case.dir}/myserver dist/index.js")
    case.left("bash -c 'exec -a web node dist/index.js'")
    case.find("renamed", f"{case.dir}/myserver dist/index.js")
    case.find("argv0", "web dist/index.js")


@scenario({"titled": FORGOTTEN, "imported": FORGOTTEN, "inspected": FORGOTTEN})
def node_options(case):
    """The entry behind options with and without values."""
    case.app()
    case.write("app/pre.js", "")
    case.left("node --max-old-space-size=200 -r ./pre.js --title svc -C dev -- dist/index.js --port 1")
    case.left("node --no-warnings --import ./pre.js src/server.js")
    case.left("node --inspect=127.0.0.1:0 dist/index.js x.js")
    case.find("titled", "svc")
    case.find("imported", "node --no-warnings --import ./pre.js src/server.js")
    case.find("inspected", "node --inspect=127.0.0.1:0 dist/index.js x.js")


@scenario({"shim": ["orphan"], "node": ["unsupervised-node"]})
def volta_shim(case):
    """volta's shim stays as the parent of the node it starts, with the same argv: one orphan, and its server below."""
    case.app()
    own = case.dir / ".volta/tools/image/node/20.11.0/bin/node"
    own.parent.mkdir(parents=True)
    shutil.copy(Path(shutil.which("node", path=case.env["PATH"])).resolve(), own)
    shim = case.dir / ".volta/bin/volta-shim"
    shim.parent.mkdir(parents=True)
    shutil.copy(Path("/bin/sh").resolve(), shim)
    # A shell in the place of the shim reads the first line, node passes over it.
    entry = case.app_dir / "dist/index.js"
    entry.write_text(f'":" //; bash -c \'exec -a node "$0" "$1"\' {own} "$0"; exit\n' + entry.read_text())
    case.left(f"bash -c 'exec -a node {shim} dist/index.js'")
    case.find("shim", r"node dist/index\.js")
    case.find("node", r"node dist/index\.js", parent="shim")
    case.up("node")


@scenario({"node": FORGOTTEN})
def node_of_a_version_manager(case):
    """nvm, fnm, asdf and mise put node below a folder of its version, and start it through a script that execs it."""
    case.app()
    own = case.dir / ".asdf/installs/nodejs/20.11.0/bin/node"
    own.parent.mkdir(parents=True)
    shutil.copy(Path(shutil.which("node", path=case.env["PATH"])).resolve(), own)
    case.write(".asdf/shims/node", f'#!/usr/bin/env bash\nexec {own} "$@"\n', executable=True)
    case.left(f"{case.dir}/.asdf/shims/node dist/index.js")
    case.find("node", f"{own} dist/index.js")
    case.up("node")

"""A page as Chromium shows it: a second page loads it in a frame and says what it finds there."""

import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files",
    "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom",
]  # fmt: skip
PROBE = """
<!DOCTYPE html><meta charset="utf-8"><pre id="out"></pre>
<iframe id="page" src="page.html" style="border:0;height:900px"></iframe>
<script>
const frame = document.getElementById("page");
frame.onload = () => {
  const doc = frame.contentDocument, root = doc.documentElement, out = {overflow: {}};
  const overflow = () => {
    for (const width of [360, 768, 1280]) {
      frame.style.width = width + "px";
      out.overflow[width] = root.scrollWidth - root.clientWidth;
    }
  };
  SCRIPT
  const loaded = frame.contentWindow.performance.getEntriesByType("resource");
  out.requests = loaded.filter((e) => !e.name.startsWith("data:")).length;
  document.getElementById("out").textContent = JSON.stringify(out);
};
</script>
"""


def look(folder, text, script):
    """Show a page, run a script that fills ``out``, and return that with the console."""
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    (folder / "page.html").write_text(text, encoding="utf-8")
    (folder / "probe.html").write_text(PROBE.replace("SCRIPT", script), encoding="utf-8")
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", folder / "probe.html"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r'<pre id="out">(.+?)</pre>', done.stdout)
    assert found, done.stderr
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return {**json.loads(found[1]), "console": console}

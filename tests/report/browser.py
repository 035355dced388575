# SPDX-License-Identifier: Apache-2.0
"""Chromium without a screen, driven by chromedriver over the WebDriver protocol (https://www.w3.org/TR/webdriver2/)."""
import base64
import json
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"]


def missing():
    return [name for name in ("chromium", "chromedriver") if not shutil.which(name)]


class Browser:
    """One session, in a profile of its own. The size is that of the window."""

    def __init__(self, width=1500, height=950):
        self.folder = tempfile.TemporaryDirectory(prefix="report-browser-")
        # Port 0: any free one; it is said on standard output.
        self.driver = subprocess.Popen(["chromedriver", "--port=0", "--log-level=SEVERE"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        try:
            self.base = None
            for line in self.driver.stdout:
                if "started successfully on port" in line:
                    self.base = "http://127.0.0.1:" + line.strip().rstrip(".").rsplit(" ", 1)[1]
                    break
            if not self.base:
                raise RuntimeError("chromedriver does not start")
            flags = [*FLAGS, f"--user-data-dir={self.folder.name}/profile", f"--window-size={width},{height}"]
            answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": flags},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                "timeouts": {"script": 60000}}}})
            self.session = "/session/" + answer["sessionId"]
        except BaseException:
            self.driver.kill()
            self.driver.wait()
            raise

    def _send(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def close(self):
        try:
            self._send("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            self.folder.cleanup()

    def open(self, path):
        self._send("POST", self.session + "/url", {"url": Path(path).resolve().as_uri()})

    def run(self, script, *args):
        """The value of a script: "return ..."."""
        return self._send("POST", self.session + "/execute/sync", {"script": script, "args": list(args)})

    def wait_for(self, condition, *args):
        """Until the JavaScript condition holds: looked at on every frame. Returns its value."""
        script = f"""const args = [...arguments], done = args.pop();
            const look = () => {{ const value = (function () {{ return {condition}; }}).apply(null, args);
                                  value ? done(value) : requestAnimationFrame(look); }};
            look();"""
        try:
            return self._send("POST", self.session + "/execute/async", {"script": script, "args": list(args)})
        except RuntimeError as error:
            raise AssertionError(f"never true: {condition} ({error})") from None

    def find(self, css):
        return self._send("POST", self.session + "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self._send("POST", f"{self.session}/element/{self.find(css)}/click", {})

    def type(self, css, text):
        self._send("POST", f"{self.session}/element/{self.find(css)}/value", {"text": text})

    def clear(self, css):
        self.run("""const box = document.querySelector(arguments[0]);
                    box.value = ''; box.dispatchEvent(new Event('input', {bubbles: true}));""", css)

    def text(self, css):
        return self.run("return document.querySelector(arguments[0])?.textContent", css)

    def wheel(self, css, delta):
        self._send("POST", self.session + "/actions", {"actions": [{"type": "wheel", "id": "w", "actions": [
            {"type": "scroll", "x": 0, "y": 0, "deltaX": 0, "deltaY": delta, "origin": {ELEMENT: self.find(css)}}]}]})

    def mouse(self, *actions):
        """("move", x, y), ("down",), ("up",): in pixels of the window."""
        steps = [{"type": "pointerMove", "x": int(a[1]), "y": int(a[2]), "duration": 0} if a[0] == "move" else
                 {"type": "pointer" + a[0].capitalize(), "button": 0} for a in actions]
        self._send("POST", self.session + "/actions", {"actions": [
            {"type": "pointer", "id": "m", "parameters": {"pointerType": "mouse"}, "actions": steps}]})

    def shot(self, path):
        Path(path).write_bytes(base64.b64decode(self._send("GET", self.session + "/screenshot")))

    def messages(self):
        """What the console said since the last call."""
        return [entry["message"] for entry in self._send("POST", self.session + "/se/log", {"type": "browser"})]

    def requests(self):
        """The addresses that were asked for since the last call."""
        out = []
        for entry in self._send("POST", self.session + "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            # Chromium's own first page is still loading its parts when ours opens.
            if message["method"] == "Network.requestWillBeSent" and not message["params"]["documentURL"].startswith("chrome:"):
                out.append(message["params"]["request"]["url"])
        return out

    def command(self, name, **params):
        """A command of the DevTools protocol."""
        return self._send("POST", self.session + "/goog/cdp/execute", {"cmd": name, "params": params})

# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that answers a server's question for name and password, as a person would.

Spoken to over its DevTools protocol: credentials in the URL would break the page's own fetch().
"""

import asyncio
import re
import time

from support.process import Process, free_port

SECONDS = 60


class Browser(Process):
    def __init__(self, program, directory):
        port = free_port()
        self.devtools = f"http://127.0.0.1:{port}"
        super().__init__(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", f"--user-data-dir={directory}/profile",
             f"--remote-debugging-port={port}", "about:blank"],
            directory / "chromium.log", ready_url=f"{self.devtools}/json/version")

    def text_of(self, url, name, password, wait_for):
        """The text of the page once it has `wait_for` in it, or at the end of our patience."""
        return asyncio.run(self._text_of(url, name, password, wait_for))

    async def _text_of(self, url, name, password, wait_for):
        import aiohttp
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{self.devtools}/json/list") as answer:
                pages = await answer.json(content_type=None)
            where = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
            async with session.ws_connect(where, max_msg_size=0) as socket:
                page = Page(socket, name, password)
                await page.command("Fetch.enable", handleAuthRequests=True)
                await page.command("Page.navigate", url=url)
                deadline = time.monotonic() + SECONDS
                while True:
                    text = await page.text()
                    if re.search(wait_for, text) or time.monotonic() > deadline:
                        return text
                    await asyncio.sleep(0.2)


class Page:
    def __init__(self, socket, name, password):
        self.socket = socket
        self.credentials = {"response": "ProvideCredentials", "username": name, "password": password}
        self.number = 0

    async def send(self, method, **parameters):
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": parameters})
        return self.number

    async def command(self, method, **parameters):
        """Sends a command and answers what the browser asks until the result is there."""
        number = await self.send(method, **parameters)
        while True:
            message = await self.socket.receive_json(timeout=SECONDS)
            if message.get("id") == number:
                return message.get("result", {})
            await self.attend(message)

    async def attend(self, message):
        request = message.get("params", {}).get("requestId")
        if message.get("method") == "Fetch.requestPaused":
            await self.send("Fetch.continueRequest", requestId=request)
        elif message.get("method") == "Fetch.authRequired":
            await self.send("Fetch.continueWithAuth", requestId=request, authChallengeResponse=self.credentials)

    async def text(self):
        result = await self.command("Runtime.evaluate", expression="document.body ? document.body.innerText : ''")
        return result.get("result", {}).get("value") or ""

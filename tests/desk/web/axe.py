"""axe-core as a judge of pages, and the ways of looking at them that it judges in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

AXE = Path(__file__).parents[2] / "node" / "node_modules" / "axe-core" / "axe.min.js"

MODES: dict[str, dict[str, Any]] = {
    "normal": {"viewport": {"width": 1280, "height": 900}},
    "narrow": {"viewport": {"width": 320, "height": 800}},
    # 1280 by 900 at 400 %.
    "zoom": {"viewport": {"width": 320, "height": 225}, "device_scale_factor": 4},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "contrast": {"viewport": {"width": 1280, "height": 900}, "forced_colors": "active"},
    "dark-contrast": {"viewport": {"width": 1280, "height": 900}, "forced_colors": "active", "color_scheme": "dark"},
}
for _options in MODES.values():
    _options["locale"] = "en-GB"
"""Options of a browser context: name → how somebody looks at the desk."""

_RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
  const found = await axe.run(document, {
    runOnly: {type: 'tag', values: tags},
    rules: {'target-size': {enabled: true}},
    resultTypes: ['violations'],
    // No script runs in a sandboxed frame, so axe would wait in vain for its answer: what it holds is judged alone.
    iframes: false,
  });
  return found.violations.map(one => ({
    rule: one.id, help: one.help, nodes: one.nodes.map(node => node.target.join(' ') + ' — ' + node.failureSummary),
  }));
}"""

_SIDEWAYS = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const scrolls = element => element && element !== document.documentElement && (
    ['auto', 'scroll', 'hidden'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  const sticksOut = element => element.getBoundingClientRect().right > wide + 1
    || (element.scrollWidth > element.clientWidth + 1 && element.scrollWidth > wide);
  const found = [...document.body.querySelectorAll('*')].filter(one => sticksOut(one) && !scrolls(one));
  return found.length ? found.map(one => one.tagName.toLowerCase() + '.' + one.getAttribute('class')) : ['the page'];
}"""


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


def violations(page: Page | Frame) -> list[str]:
    """Return what breaks a rule of WCAG 2.2 A or AA or of good practice, a line for each place; not in frames."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_source())
    found = page.evaluate(_RUN)
    return [f"{one['rule']}: {one['help']}: {node}" for one in found for node in one["nodes"]]


def sideways(page: Page | Frame) -> list[str]:
    """Return the elements that make a page scroll sideways, outside regions made for it."""
    return list(page.evaluate(_SIDEWAYS))

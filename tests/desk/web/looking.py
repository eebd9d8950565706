"""What a page shows of itself to a script: its focus, its text at wider spacing, its errors, its help.

Beside axe, which judges names, roles, colours and structure; here stands what axe cannot see.
"""

from __future__ import annotations

from playwright.sync_api import Page

_FOCUSABLE = (
    "a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex]:not([tabindex='-1'])"
)
_COMMON = (
    f"const every = [...document.querySelectorAll(`{_FOCUSABLE}`)]"
    """
  .filter(one => !one.disabled && one.checkVisibility({visibilityProperty: true}) && !one.closest('[inert]')
    && (!document.querySelector('dialog[open]') || one.closest('dialog[open]')));
  const called = one => `${one.tagName.toLowerCase()}${one.id ? '#' + one.id : ''} “${
    (one.textContent || one.name || '').trim().replace(/\\s+/g, ' ').slice(0, 40)}”`;
"""
)
_FOCUS = (
    "() => {"
    + _COMMON
    + """
  const look = one => {
    const said = [one, one.labels?.[0], one.closest('summary, .govuk-skip-link')].filter(Boolean);
    return said.flatMap(each => ['', '::before', '::after'].map(part => {
      const style = getComputedStyle(each, part);
      return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.backgroundColor,
        style.borderColor, style.borderWidth].join(' ');
    })).join('|');
  };
  const hit = one => {
    const box = one.getBoundingClientRect();
    const owner = one.labels?.[0];
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    for (const across of [0.1, 0.5, 0.9]) for (const down of [0.15, 0.5, 0.85]) {
      const there = document.elementFromPoint(left + (right - left) * across, top + (bottom - top) * down);
      if (there && (one.contains(there) || owner?.contains(there) || there.contains(one) && there.tagName !== 'BODY'
        && there.tagName !== 'HTML')) return true;
    }
    return false;
  };
  const wrong = [];
  document.activeElement?.blur?.();
  for (const one of every) {
    const before = look(one);
    one.focus({focusVisible: true});
    if (document.activeElement !== one) { wrong.push(`takes no focus: ${called(one)}`); continue; }
    if (one.tagName !== 'IFRAME' && look(one) === before) wrong.push(`focus does not show: ${called(one)}`);
    if (!hit(one)) wrong.push(`focus is hidden: ${called(one)}`);
  }
  document.activeElement?.blur?.();
  scrollTo(0, 0);
  return wrong;
}"""
)
_ORDER = (
    "() => {"
    + _COMMON
    + """
  // Of radios of one name only one is a stop of the Tab key.
  const stops = every.filter(one => one.type !== 'radio' || one.checked
    || ![...document.querySelectorAll('input[type=radio]')].some(
      other => other.name === one.name && other.form === one.form && other.checked) && every.find(
      other => other.type === 'radio' && other.name === one.name && other.form === one.form) === one);
  stops.forEach((one, number) => { one.dataset.stop = number; });
  return stops.map(called);
}"""
)
# A frame is a process of its own: focus that goes into it shows in the page some moments later.
_AT = """async last => {
  const at = () => document.activeElement?.dataset?.stop ?? '';
  for (let left = 15; left && (at() === '' || at() === last); left--) await new Promise(done => setTimeout(done, 20));
  return at();
}"""
_SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
  const hides = style => ['hidden', 'clip'].includes(style.overflowX) || ['hidden', 'clip'].includes(style.overflowY);
  const wrong = [...document.body.querySelectorAll('*')].filter(one => {
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    return hides(style) && one.textContent.trim() && box.width > 4 && box.height > 4 && style.clipPath === 'none'
      && style.clip === 'auto' && (one.scrollHeight > one.clientHeight + 2 || one.scrollWidth > one.clientWidth + 2);
  }).map(one => `cut off: ${one.tagName.toLowerCase()}.${one.className}`);
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth + 1;
  document.adoptedStyleSheets = [];
  return wide ? [...wrong, 'the page scrolls sideways'] : wrong;
}"""
_ERRORS = """() => {
  const wrong = [];
  const summary = document.querySelector('.govuk-error-summary');
  if (!summary) return ['there is no summary'];
  if (!document.title.startsWith('Error: ')) wrong.push('the title does not say so');
  if (!summary.contains(document.activeElement)) wrong.push('the summary has not the focus');
  for (const link of summary.querySelectorAll('a')) {
    const goal = document.getElementById(link.hash.slice(1));
    if (!goal) { wrong.push(`leads nowhere: ${link.hash}`); continue; }
    const said = [goal, goal.closest('fieldset')].filter(Boolean)
      .flatMap(one => (one.getAttribute('aria-describedby') || '').split(' ')).filter(Boolean)
      .map(id => document.getElementById(id)?.textContent ?? '').join(' ').replace(/\\s+/g, ' ');
    // The summary may name the input before it says what is wrong.
    const words = link.textContent.trim().toLowerCase().replace(/^[^:]{3,60}: /, '');
    const beside = said.toLowerCase().replace(/.*error: ?/, '').trim();
    const told = beside && (words.includes(beside) || beside.includes(words));
    if (!told) wrong.push(`not told beside the input: ${link.hash}`);
    if (!goal.checkVisibility()) wrong.push(`the input is hidden: ${link.hash}`);
  }
  return wrong;
}"""
_ALWAYS = """() => {
  const wrong = [];
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one heading of the first order');
  if (document.querySelector('[draggable=true]')) wrong.push('something is dragged');
  if (document.querySelector('[accesskey]')) wrong.push('an access key');
  if (document.querySelector('[style]:not(svg *)')) wrong.push('style in an attribute');
  return wrong;
}"""
_HELP = "() => [...document.querySelectorAll('footer a')].map(one => one.textContent.trim())"


def focus(page: Page) -> list[str]:
    """Return what cannot be focused, shows no focus, or lies hidden while it has it (2.4.7, 2.4.11)."""
    return list(page.evaluate(_FOCUS))


def order(page: Page) -> list[str]:
    """Go through the page by Tab, and return where that differs from the order of its parts (2.1.1, 2.1.2, 2.4.3).

    It begins where the focus stands, such as at the summary of what is wrong, and comes round.
    """
    for frame in page.frames:
        frame.wait_for_load_state("load")
    stops = page.evaluate(_ORDER)
    page.evaluate("document.activeElement?.blur?.()")
    # A day has a stop for each of its parts, a frame those of what it holds, and what scrolls may be one: not counted.
    reached: list[int] = []
    for _ in range(2 * len(stops) + 40):
        page.keyboard.press("Tab")
        at = page.evaluate(_AT, str(reached[-1]) if reached else "")
        if at == "" or reached[-1:] == [int(at)]:
            continue
        if reached[:1] == [int(at)]:
            break
        reached.append(int(at))
    begin = reached[0] if reached else 0
    if reached == [*range(begin, len(stops)), *range(begin)]:
        return []
    missed = [stops[number] for number in sorted(set(range(len(stops))) - set(reached))]
    return [f"the Tab key goes {reached}; never reached: {missed}"]


def spacing(page: Page) -> list[str]:
    """Return what is cut off when lines, letters, words and paragraphs stand further apart (1.4.12)."""
    return list(page.evaluate(_SPACING))


def errors(page: Page) -> list[str]:
    """Return what keeps somebody from finding what is to be put right (3.3.1, 3.3.3)."""
    return list(page.evaluate(_ERRORS))


def always(page: Page) -> list[str]:
    """Return what no page may have, or must have."""
    return list(page.evaluate(_ALWAYS))


def help_of(page: Page) -> list[str]:
    """Return the links to help, in their order (3.2.6)."""
    return list(page.evaluate(_HELP))

// Single letters as keys. People who speak to their computer switch them off; that is remembered in this browser.
const KEPT = "postroom-single-keys";
const TYPING = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]";

export function singleKeysWork() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

export function switchSingleKeys(on) {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing begins anew with every page.
  }
  document.body.classList.toggle("desk-no-keys", !on);
}

export function isTyping(element) {
  return element instanceof Element && element.matches(TYPING);
}

// Calls what belongs to a key, unless somebody is typing; `keys` maps each key to a function.
export function onSingleKeys(keys) {
  document.body.classList.toggle("desk-no-keys", !singleKeysWork());
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (!singleKeysWork() || document.querySelector("dialog[open]")) return;
    const act = keys[event.key];
    if (!act || act(event) === false) return;
    event.preventDefault();
  });
}

// Follows a link or presses a button that carries the key, if there is one to be seen.
export function press(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => one.offsetParent !== null);
  if (!found) return false;
  found.click();
  return true;
}

// Wakes what GOV.UK Frontend does on pages; without this file every page works all the same.
import { Button, CharacterCount, Checkboxes, ErrorSummary, PasswordInput, Radios, ServiceNavigation, SkipLink, Tabs, createAll }
  from "./govuk-frontend.min.js";
import { announce } from "./announce.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");

for (const component of [CharacterCount, Checkboxes, ErrorSummary, PasswordInput, Radios, ServiceNavigation, SkipLink, Tabs]) {
  createAll(component);
}
// A second click of a hurried hand must not send the same form twice.
createAll(Button, { preventDoubleClick: true });

// What stands in a page from the start is not read out, only what comes into it later.
const said = [...document.querySelectorAll("[data-announce]")].map(one => one.textContent);
if (said.length) announce(said.join(" "));

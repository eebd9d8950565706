// The switch for single keys, which counts for this browser at once.
import { singleKeysWork, switchSingleKeys } from "./single_keys.js";

const box = document.getElementById("single-keys");

document.getElementById("keys-choice").hidden = false;
document.getElementById("keys-without").hidden = true;
box.checked = singleKeysWork();
box.addEventListener("change", () => switchSingleKeys(box.checked));

// Keys of the queue.
import { onSingleKeys, press } from "./single_keys.js";

onSingleKeys({ s: () => press("s"), z: () => press("z") });

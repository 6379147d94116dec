// What Home Assistant loads: defines the cards of batteries and sensors, and announces them.

import { BatteryCard } from "./battery-card.js";
import { define } from "./parts/dom.js";

define("mi-bms-battery-card", () => BatteryCard);

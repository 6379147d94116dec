// A page that is to the cards what Home Assistant's is: its elements, its `hass`, its websocket.

const STUBS = {
  "home-assistant": "",
  "ha-card": "<style>:host{display:block;background:var(--card-background-color);border-radius:12px;border:1px solid var(--divider-color)}</style>",
  "ha-icon": "<style>:host{display:inline-block}i{display:block;box-sizing:border-box;width:100%;height:100%;border:2px solid;border-radius:4px;opacity:.7}</style><i></i>",
};

/** What a test may count and change. */
const home = (window.home = {
  language: "en",
  texts: {},
  states: {},
  devices: {},
  reception: null,
  history: {},
  entities: {},
  calls: [],
  events: [],
  failing: false,
  streams: 0,
  listeners: new Map(),
  ready: new Set(),
});

for (const kind of ["hass-more-info", "hass-action", "config-changed", "location-changed"])
  window.addEventListener(kind, (event) => home.events.push([kind, event.detail]));

const FIRST = {
  "mi_bms/devices/subscribe": () => ({ version: 1, devices: home.devices }),
  "mi_bms/reception/subscribe": () => home.reception,
  "history/stream": ({ entity_ids: ids }) => ({
    states: Object.fromEntries(ids.map((id) => [id, home.history[id] ?? []])),
  }),
};

const connection = {
  addEventListener: (kind, callback) => kind === "ready" && home.ready.add(callback),
  removeEventListener: (kind, callback) => home.ready.delete(callback),
  async subscribeMessage(callback, message) {
    if (home.failing) throw { code: "unknown_command" };
    home.calls.push(message);
    home.streams += 1;
    const entry = { callback, message };
    home.listeners.set(entry, message.type);
    const first = FIRST[message.type]?.(message);
    if (first) queueMicrotask(() => callback(first));
    return async () => {
      home.streams -= 1;
      home.listeners.delete(entry);
    };
  },
};

/** Send an event to whoever follows a command. */
home.push = (type, message) => {
  for (const [entry, kind] of home.listeners) if (kind === type) entry.callback(message);
};

const localize = (key, values = {}) => {
  const text = home.texts[key.split(".").pop()] ?? "";
  return text.replace(/\{(\w+)\}/g, (given, name) => (name in values ? String(values[name] ?? "") : given));
};

/** The sentence of a refusal, as the integration has it. */
const refusal = (key, values = {}) => {
  const text = home.exceptions?.[key.split(".").at(-2)]?.message ?? "";
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? `{${name}}`));
};

home.make = () => ({
  states: home.states,
  entities: home.entities,
  devices: {},
  areas: home.areas ?? {},
  config: { components: ["history", "recorder"] },
  user: { is_admin: true },
  language: home.language,
  locale: home.locale ?? (home.locale = { language: home.language, number_format: "language", time_format: "24" }),
  connection,
  localize: (key, values) => (key.startsWith("component.mi_bms.common.") ? "" : localize(key, values)),
  loadBackendTranslation: async (category) => (category === "exceptions" ? refusal : localize),
  formatEntityState(state, value = state.state) {
    const { unit_of_measurement: unit, digits = 0 } = state.attributes;
    const number = Number(value);
    if (value === "unavailable" || value === "unknown") return "Unavailable";
    if (!unit || Number.isNaN(number)) return state.attributes.words?.[value] ?? value.charAt(0).toUpperCase() + value.slice(1);
    const text = new Intl.NumberFormat(home.language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(number);
    return unit === "%" ? `${text}%` : `${text}\u00a0${unit}`;
  },
  formatEntityAttributeValue: (state, name) => state.attributes.said?.[name] ?? state.attributes.words?.[state.attributes[name]] ?? state.attributes[name],
  formatEntityName: (state) => state.attributes.label ?? state.entity_id,
  async callWS(message) {
    home.calls.push(message);
    if (message.type.startsWith("recorder/")) return Object.fromEntries(message.statistic_ids.map((id) => [id, home.statistics?.(id) ?? []]));
    if (message.type.startsWith("history/")) return Object.fromEntries(message.entity_ids.map((id) => [id, home.history[id]?.slice(-1) ?? []]));
    return {};
  },
  async callService(...call) {
    home.calls.push(call);
    await home.answer?.(...call);
  },
});

/** Set states; all cards get the new object, as Home Assistant does it. */
home.set = (changes) => {
  home.states = { ...home.states };
  for (const [id, [state, attributes]] of Object.entries(changes))
    home.states[id] = { entity_id: id, state: String(state), attributes: attributes ?? home.states[id]?.attributes ?? {}, last_changed: new Date(home.since?.[id] ?? Date.now() - 3.6e6).toISOString(), last_updated: new Date().toISOString() };
  const hass = home.make();
  for (const card of document.querySelectorAll("main > div > *")) card.hass = hass;
};

/** Show a card in a box of a width; Home Assistant sets the config first. */
home.show = (config, width, height) => {
  const box = document.createElement("div");
  box.style.width = `${width}px`;
  if (height) box.style.height = `${height}px`;
  const card = document.createElement(config.type.replace("custom:", ""));
  card.setConfig(Object.freeze({ ...config, ...(height ? { grid_options: { rows: 3 } } : {}) }));
  card.hass = home.make();
  box.append(card);
  document.querySelector("main").append(box);
  return card;
};

await import("../frontend/mi-bms.js");
for (const [name, html] of Object.entries(STUBS))
  customElements.define(
    name,
    class extends HTMLElement {
      constructor() {
        super();
        this.attachShadow({ mode: "open" }).innerHTML = `${html}<slot></slot>`;
      }
    },
  );
window.isReady = true;

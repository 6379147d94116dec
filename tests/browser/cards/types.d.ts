// What the cards know of Home Assistant's page and of the integration; for the type checker alone.

interface HassState {
  entity_id: string;
  state: string;
  attributes: Record<string, any>;
  last_changed: string;
  last_updated: string;
}

interface HassConnection {
  subscribeMessage(
    callback: (message: any) => void,
    message: Record<string, unknown>,
    options?: { resubscribe?: boolean },
  ): Promise<() => unknown>;
  addEventListener(kind: string, callback: () => void): void;
  removeEventListener(kind: string, callback: () => void): void;
}

type Localize = (key: string, values?: Record<string, unknown>) => string;

interface Hass {
  states: Record<string, HassState>;
  entities: Record<string, any>;
  devices: Record<string, { id: string; name?: string | null; name_by_user?: string | null }>;
  areas: Record<string, { area_id: string; name: string }>;
  config: { components: string[] };
  user?: { is_admin: boolean };
  language: string;
  locale: { language: string; number_format: string; time_format: string };
  connection: HassConnection;
  localize: Localize;
  loadBackendTranslation(category: string, integration: string): Promise<Localize | undefined>;
  formatEntityState(state: HassState, value?: string): string;
  formatEntityAttributeValue(state: HassState, attribute: string): string;
  formatEntityName(state: HassState, parts: { type: string }[]): string;
  callWS(message: Record<string, unknown>): Promise<any>;
  callService(domain: string, service: string, data: Record<string, unknown>): Promise<unknown>;
}

type MiId = string | null | undefined;

type MiRoles = Record<string, string>;

type MiPoints = (number | null)[];

interface MiLimits {
  low: number;
  high: number;
}

interface MiPack {
  device: string | null;
  name: string | null;
  cells: (string | null)[];
  probes: (string | null)[];
  roles?: MiRoles;
}

interface MiDevice {
  id: string;
  kind: "battery" | "bank" | "sensor";
  face: string;
  name: string;
  area: string | null;
  model: string | null;
  chemistry: string | null;
  limits: MiLimits | null;
  capacity: number | null;
  packs: MiPack[];
  roles: MiRoles;
  read_at: number | null;
  stale_after: number | null;
  standing: string;
  cause: string | null;
  remedy: string | null;
  act: { word: string; action: MiAny } | null;
  until: number | null;
  balancing?: number[][];
  members?: string[];
  left_out?: { device: string; why: string }[];
  wiring?: string | null;
  limits_of?: Record<string, MiLimits>;
}

type MiDevices = Record<string, MiDevice>;

/** A battery of a bank, or a pack of one. */
interface MiMember {
  id: string;
  name: string;
  roles: MiRoles;
  battery: string;
}

interface MiHeard {
  hours: number[];
  expected: number | null;
  share: number | null;
  rssi: Record<string, number>;
  best: string | null;
  why: string | null;
}

interface MiReception {
  receivers: { id: string; name: string }[];
  sensors: Record<string, MiHeard>;
  advice: string | null;
}

type MiAny = Record<string, any>;

type MiConfig = MiAny & { type?: string; device?: string };

/** What an element has in it; a function is a text that is kept up to date. */
type MiChild = Node | string | null | undefined | false | (() => string);

/** The last day that a card draws while it is seen. */
interface MiDay {
  see: () => void;
  pause: () => void;
}

/** A text, or what gives it as it is now. */
type MiText = string | (() => string);

/** An entity, or what gives the one of now. */
type MiGoal = MiId | (() => MiId);

type MiLists = "customCards" | "customCardFeatures" | "customStrategies";

/** What keeps a part of a drawing up to date. */
interface MiBind {
  get: () => any;
  apply: (value: any) => void;
  last: unknown;
}

/** What the cells of a pack say; the index -1 is none, the difference is in millivolts, NaN where there is none. */
interface MiLook {
  volts: MiPoints;
  lowest: number;
  highest: number;
  spread: number;
  mean: number;
  balancing: number[];
}

/** A line of a chart, between two values, in a lane of the height from 0 to 100. */
interface MiSeries extends MiLimits {
  points: MiPoints;
  color: string;
  top?: number;
  bottom?: number;
}

interface MiDrawing {
  series: MiSeries[];
  label: string;
  summary?: string;
  days?: number;
}

/** Horizontal lines are from 0 to 100; `read` says what a point is. */
interface MiChart {
  height: number;
  title: string;
  rules?: number[];
  read: (index: number) => string;
}

type MiCard = import("../../../custom_components/mi_bms/frontend/parts/card.js").MiCard;

/** The last day of some entities. */
interface MiPast {
  stream: { follow(listener: () => void): () => void };
  points: (id: MiId) => MiPoints;
  isThere: () => boolean;
}

/** What a stream of the history says. */
interface MiStates {
  states?: Record<string, { s: string; lu: number }[]>;
}

/** All devices, with the contract's version; or those that changed, null where they are gone. */
interface MiNews {
  version?: number;
  devices: Record<string, MiDevice | null>;
}

/** An hour of an entity's statistics; its start is in milliseconds. */
interface MiHour {
  start: number;
  mean: number;
  min: number;
  max: number;
}

interface Window {
  customCards?: any[];
  customCardFeatures?: any[];
  customStrategies?: any[];
}

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
  loadBackendTranslation(category: string, integration: string): Promise<unknown>;
  formatEntityState(state: HassState, value?: string): string;
  formatEntityAttributeValue?(state: HassState, attribute: string): string;
  formatEntityName?(state: HassState, parts: { type: string }[]): string;
  callWS(message: Record<string, unknown>): Promise<any>;
  callService(domain: string, service: string, data: Record<string, unknown>): Promise<unknown>;
}

interface MiPack {
  device: string | null;
  name: string | null;
  cells: (string | null)[];
  probes: (string | null)[];
  roles?: Record<string, string>;
}

interface MiDevice {
  id: string;
  kind: "battery" | "bank" | "sensor";
  face: string;
  name: string;
  area: string | null;
  model: string | null;
  chemistry: string | null;
  limits: { low: number; high: number } | null;
  capacity: number | null;
  packs: MiPack[];
  roles: Record<string, string>;
  read_at: number | null;
  stale_after: number | null;
  standing: string;
  cause: string | null;
  remedy: string | null;
  act: { kind: "press" | "turn_on"; entity_id: string } | { kind: "configure"; entry: string } | null;
  until: number | null;
  balancing?: number[][];
  members?: string[];
  left_out?: { device: string; why: string }[];
  wiring?: string | null;
  limits_of?: Record<string, { low: number | null; high: number | null }>;
}

type MiDevices = Record<string, MiDevice>;

interface MiReception {
  receivers: { id: string; name: string }[];
  sensors: Record<
    string,
    {
      hours: number[];
      expected: number | null;
      share: number | null;
      rssi: Record<string, number>;
      best: string | null;
      why: string | null;
    }
  >;
  advice: string | null;
}

type MiConfig = Record<string, any> & { type?: string; device?: string };

type MiChild = Node | string | null | undefined | false;

interface Window {
  customCards?: any[];
  customCardFeatures?: any[];
  customStrategies?: any[];
}

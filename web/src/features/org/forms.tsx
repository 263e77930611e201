// The forms of units, sites, endpoints and people.

import { Form, Input, InputNumber, Select } from "antd";
import { org, people } from "@/api/calls";
import { choices } from "@/api/terms";
import type { Endpoint, EndpointKind, OrgTree, Person, PrivacyClass, Site, SiteKind, Unit, UnitLevel } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { FormDialog } from "./FormDialog";
import { pathOf, possibleParents } from "./tree";
import { orgWords } from "./words";

const NAME_MAX = 64;
const CODE_MAX = 24;

function NameItem({ label }: { label?: string }) {
  const say = useWords(orgWords);
  return (
    <Form.Item name="name" label={label ?? say.name} rules={[{ required: true, whitespace: true, message: say.need }]}>
      <Input maxLength={NAME_MAX} autoFocus />
    </Form.Item>
  );
}

function CodeItem() {
  const say = useWords(orgWords);
  return (
    <Form.Item name="code" label={say.code} extra={say.codeHelp} rules={[{ required: true, whitespace: true, message: say.need }]}>
      <Input maxLength={CODE_MAX} />
    </Form.Item>
  );
}

function UnitItem({ name, label, units }: { name: string; label: string; units: readonly Unit[] }) {
  const say = useWords(orgWords);
  return (
    <Form.Item name={name} label={label} rules={[{ required: true, message: say.need }]}>
      <UnitSelect units={units} />
    </Form.Item>
  );
}

/** A unit by its whole path. */
export function UnitSelect({ units, ...rest }: { units: readonly Unit[]; placeholder?: string; value?: string; onChange?: (id: string) => void }) {
  const options = units.map((unit) => ({ value: unit.id, label: pathOf(units, unit.id).join(" / ") }));
  return <Select showSearch={{ optionFilterProp: "label" }} options={options} {...rest} />;
}

interface Common {
  tree: OrgTree;
  close: () => void;
  saved: () => void;
}

interface UnitTyped {
  name: string;
  code: string;
  level: UnitLevel;
  sort: number;
  parent_id?: string;
}

/** A new unit below `parent`, or `unit` changed. */
export function UnitForm({ tree, unit, parent, close, saved }: Common & { unit?: Unit; parent?: Unit }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const below: UnitLevel = parent?.level === "street" ? "village" : "street";
  const initial: Partial<UnitTyped> = unit
    ? { name: unit.name, code: unit.code, sort: unit.sort, ...(unit.parent_id ? { parent_id: unit.parent_id } : {}) }
    : { level: below, sort: 0 };
  const save = async (typed: UnitTyped) => {
    if (unit) await org.changeUnit(unit.id, typed);
    else await org.addUnit({ ...typed, parent_id: parent?.id ?? null });
    saved();
  };
  return (
    <FormDialog<UnitTyped> title={unit ? say.editUnit : say.newUnit} initial={initial} save={save} close={close}>
      <NameItem />
      <CodeItem />
      {!unit && (
        <Form.Item name="level" label={say.level}>
          <Select options={choices("unitLevel", language)} />
        </Form.Item>
      )}
      {unit?.parent_id && <UnitItem name="parent_id" label={say.parent} units={possibleParents(tree.units, unit.id)} />}
      <Form.Item name="sort" label={say.sort}>
        <InputNumber precision={0} min={-9999} max={9999} />
      </Form.Item>
    </FormDialog>
  );
}

interface SiteTyped {
  name: string;
  code: string;
  kind: SiteKind;
  privacy_class: PrivacyClass;
}

export function SiteForm({ site, unit, close, saved }: Common & { site?: Site; unit: Unit }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const initial: Partial<SiteTyped> = site ?? { kind: "hall", privacy_class: "open" };
  const save = async (typed: SiteTyped) => {
    if (site) await org.changeSite(site.id, typed);
    else await org.addSite({ ...typed, unit_id: unit.id });
    saved();
  };
  return (
    <FormDialog<SiteTyped> title={site ? say.editSite : say.newSite} initial={initial} save={save} close={close}>
      <NameItem />
      <CodeItem />
      <Form.Item name="kind" label={say.kind}>
        <Select options={choices("siteKind", language)} />
      </Form.Item>
      <Form.Item name="privacy_class" label={say.privacy} extra={say.privacyHelp}>
        <Select options={choices("privacyClass", language)} />
      </Form.Item>
    </FormDialog>
  );
}

interface EndpointTyped {
  name: string;
  kind: EndpointKind;
}

export function EndpointForm({ endpoint, site, close, saved }: Common & { endpoint?: Endpoint; site: Site }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const save = async (typed: EndpointTyped) => {
    if (endpoint) await org.changeEndpoint(endpoint.id, { name: typed.name });
    else await org.addEndpoint({ ...typed, site_id: site.id });
    saved();
  };
  return (
    <FormDialog<EndpointTyped> title={endpoint ? say.editEndpoint : say.newEndpoint} initial={endpoint ?? { kind: "station" }} save={save} close={close}>
      <NameItem />
      {!endpoint && (
        <Form.Item name="kind" label={say.kind}>
          <Select options={choices("endpointKind", language).filter((choice) => choice.value !== "console")} />
        </Form.Item>
      )}
    </FormDialog>
  );
}

interface PersonTyped {
  name: string;
  unit_id: string;
  post?: string;
  phone?: string;
}

export function PersonForm({ tree, person, close, saved }: Common & { person?: Person }) {
  const say = useWords(orgWords);
  const save = async (typed: PersonTyped) => {
    await (person ? people.change(person.id, typed) : people.add(typed));
    saved();
  };
  return (
    <FormDialog<PersonTyped> title={person ? say.editPerson : say.newPerson} initial={person ?? {}} save={save} close={close}>
      <NameItem label={say.person} />
      <UnitItem name="unit_id" label={say.unit} units={tree.units} />
      <Form.Item name="post" label={say.post}>
        <Input maxLength={NAME_MAX} />
      </Form.Item>
      <Form.Item name="phone" label={say.phone}>
        <Input maxLength={32} inputMode="tel" />
      </Form.Item>
    </FormDialog>
  );
}

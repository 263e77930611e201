// Asks for a tour: over which sites, how many at once, how long each group stays.

import { Form, InputNumber, Modal, Radio, Segmented, Select } from "antd";
import { useState } from "react";
import type { OrgTree } from "@/api/types";
import { useWords } from "@/lib/language";
import { durationText } from "@/lib/time";
import { LAYOUTS, type Layout } from "./layout";
import { unitTree, type UnitNode } from "./sites";
import { DWELL_LEAST_S, DWELL_MOST_S, groupCount, isDwell, type Candidates, type TourSource } from "./tour";
import type { TourStart } from "./touring";
import css from "./wall.module.css";
import { wallWords } from "./words";

interface Props {
  /** What is offered first. */
  source: TourSource;
  marked: ReadonlySet<string>;
  tree: OrgTree;
  candidates(source: TourSource): Candidates | null;
  layout: Layout;
  /** Seconds. */
  dwell: number;
  start(start: TourStart): void;
  cancel(): void;
}

export function TourDialog({ source: offered, marked, tree, candidates, layout, dwell, start, cancel }: Props) {
  const say = useWords(wallWords);
  const [source, setSource] = useState(offered);
  const [unit, setUnit] = useState(offered.is === "unit" ? offered.unit : null);
  const [size, setSize] = useState(layout);
  const [typed, setTyped] = useState<number | null>(dwell);
  const right = isDwell(typed);
  const found = candidates(source)?.join ?? [];
  const groups = groupCount({ sites: found, size });
  const units = unitTree(tree, new Map(), () => true).flatMap((node) => unitLines(node, 0));

  const choose = (is: TourSource["is"]) => {
    if (is === "marked") setSource({ is, sites: [...marked] });
    else if (is === "unit") setSource({ is, unit: unit ?? units[0]?.value ?? "" });
    else setSource({ is });
  };

  return (
    <Modal
      open
      title={say.tour}
      okText={say.tourStart}
      cancelText={say.cancel}
      okButtonProps={{ disabled: !right || found.length === 0 }}
      onOk={() => right && start({ source, size, dwell_s: typed })}
      onCancel={cancel}
      width={480}
    >
      <p className={css.about}>{say.tourAbout}</p>
      <Form layout="vertical" requiredMark={false}>
        <Form.Item label={say.tourOver}>
          <div className={css.choices}>
            <Radio.Group vertical value={source.is} onChange={(event) => choose(event.target.value as TourSource["is"])} aria-label={say.tourOver}>
              <Radio value="onair">{say.tourOnAir(candidates({ is: "onair" })?.join.length ?? 0)}</Radio>
              <Radio value="marked" disabled={marked.size === 0}>
                {say.tourMarked(marked.size)}
              </Radio>
              <Radio value="unit">{say.tourUnit}</Radio>
            </Radio.Group>
            {source.is === "unit" && (
              <Select
                value={source.unit}
                options={units}
                showSearch={{ optionFilterProp: "label" }}
                onChange={(chosen) => {
                  setUnit(chosen);
                  setSource({ is: "unit", unit: chosen });
                }}
                aria-label={say.chooseUnit}
              />
            )}
          </div>
        </Form.Item>
        <Form.Item label={say.layout}>
          <Segmented<Layout> value={size} onChange={setSize} options={LAYOUTS.map((each) => ({ value: each, label: each, title: say.tiles(each) }))} aria-label={say.layout} />
        </Form.Item>
        <Form.Item label={say.dwell} validateStatus={right ? undefined : "error"} help={right ? undefined : say.dwellWrong(DWELL_LEAST_S, DWELL_MOST_S)}>
          <InputNumber<number> value={typed} onChange={setTyped} suffix={say.seconds} aria-label={say.dwell} style={{ width: 120 }} />
        </Form.Item>
      </Form>
      <p className={css.dim} role="status">
        {found.length === 0 ? say.tourNobody : right && say.tourSum(found.length, groups, durationText(groups * typed * 1_000))}
      </p>
    </Modal>
  );
}

function unitLines(node: UnitNode, depth: number): { value: string; label: string }[] {
  return [{ value: node.unit.id, label: `${"　".repeat(depth)}${node.unit.name}` }, ...node.units.flatMap((below) => unitLines(below, depth + 1))];
}

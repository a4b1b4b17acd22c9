import { type Alarm, type AlarmScope, alarmScopes } from './alarm.js';
import type { Environment } from './environment.js';
import { datasetAlarms, jobAlarms } from './job-alarms.js';
import { names } from './names.js';
import { type Deployed, platformAlarms } from './platform-alarms.js';
import type { Platform } from './platform.js';

/** Every alarm of an environment, derived from what is declared. */
export function declaredAlarms(platform: Platform, deployed: Deployed): Alarm[] {
  return [
    ...jobAlarms(platform),
    ...datasetAlarms(platform),
    ...platformAlarms(platform.environment, deployed),
  ];
}

/** An alarm over others. */
export interface CompositeAlarm {
  readonly name: string;
  readonly scope: AlarmScope;
  readonly children: readonly string[];
  /** The one that people are told of; the others only keep a rule within what CloudWatch allows. */
  readonly pages: boolean;
}

/** CloudWatch looks at a hundred alarms at the most, in a rule of 10,240 characters. */
const limits = { children: 100, ruleCharacters: 10_240 };

/** One alarm a layer, and one for what they share: an incident is one page, however many alarms it sets off. */
export function scopeAlarms(environment: Environment, alarms: readonly Alarm[]): CompositeAlarm[] {
  return alarmScopes.flatMap((scope) => {
    const children = alarms
      .filter((alarm) => alarm.scope === scope && alarm.critical !== true)
      .map((alarm) => names.alarm(environment, alarm));
    if (children.length === 0) return [];
    const name = names.scope(environment, scope);
    const parts = split(children);
    if (parts.length === 1) return [{ name, scope, children, pages: true }];
    const between = parts.map((part, index) => ({
      name: `${name}-${index + 1}`,
      scope,
      children: part,
      pages: false,
    }));
    return [...between, { name, scope, children: between.map((part) => part.name), pages: true }];
  });
}

export function ruleOf({ children }: Pick<CompositeAlarm, 'children'>): string {
  return children.map((child) => `ALARM("${child}")`).join(' OR ');
}

function split(children: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (const child of children) {
    const last = parts.at(-1);
    const fits =
      last !== undefined &&
      last.length < limits.children &&
      ruleOf({ children: [...last, child] }).length <= limits.ruleCharacters;
    if (fits) last.push(child);
    else parts.push([child]);
  }
  return parts;
}

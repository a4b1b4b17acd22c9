import { DataplatError } from '../../model/errors.js';
import { isOver, lifeOf, secondsSince, type Holder, type Life } from './holder.js';

/** Why a change is refused while another holds the lock: who, since when, whether they still work. */
export function refusal(environment: string, holder: Holder | undefined): DataplatError {
  if (!holder) {
    return new DataplatError('DP5003', `${environment} is locked, by whom cannot be read`, {
      left: 'nothing was changed',
      next: [`dataplat unlock --env ${environment}`],
    });
  }
  const life = lifeOf(holder);
  const over = isOver(life);
  const who = `${holder.user}@${holder.host}`;
  return new DataplatError(
    'DP5003',
    over
      ? `${environment} is locked by a change of ${who} that did not end as it should`
      : `${environment} is being changed by ${who}`,
    {
      excerpt: holderLines(holder, life),
      left: over
        ? 'what that change had made is in the state, or is adopted by the next deploy; nothing was changed now'
        : 'nothing was changed',
      next: over
        ? [
            `dataplat unlock --env ${environment}`,
            'and then the same command again, which goes on from there',
          ]
        : life === 'terraform'
          ? [
              `dataplat unlock --env ${environment}, which waits for that terraform`,
              'and then the same command again, which goes on from there',
            ]
          : [`wait, or ask ${who}`, `dataplat unlock --env ${environment} --force --reason "…"`],
      data: { holder, life },
    },
  );
}

/** A holder in lines for people. */
export function holderLines(holder: Holder, life: Life): string[] {
  const { pid } = holder.process;
  const alive = {
    alive: `process ${pid}, which works`,
    terraform: `process ${pid} is gone, but its terraform, process ${holder.terraform?.pid ?? 0}, still works`,
    dead: `process ${pid} is gone`,
    silent: `process ${pid} on another machine, without a sign of life for long`,
  }[life];
  return [
    `${holder.command}, by ${holder.user}@${holder.host} (${holder.caller})`,
    alive,
    `since ${timeOf(holder.since)}, ${secondsSince(holder.since)} s ago; last sign of life ${secondsSince(holder.heartbeat)} s ago`,
  ];
}

export function timeOf(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

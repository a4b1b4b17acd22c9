import type { CostEstimate } from '../model/cost/estimate.js';
import type { Naming } from '../operations/stacks/protection.js';
import type { StackSummary } from '../operations/diff.js';
import { costText } from '../ui/cost.js';
import { planText } from '../ui/plan.js';
import type { Ui } from '../ui/terminal.js';

/** Shows a plan, even where nobody is asked, and asks whether to go on with it. */
export function consentTo(
  ui: Ui,
  question: string,
  agreed: boolean,
  show: typeof planText = planText,
): (plans: readonly StackSummary[], cost?: CostEstimate) => Promise<boolean> {
  return async (plans, cost) => {
    ui.say(show(ui.chalk, plans, ui.verbose));
    // What runs on this machine costs nothing, which nobody has to agree to.
    if (cost && cost.kind !== 'local') ui.say(costText(ui.chalk, cost, ui.verbose));
    return agreed || ui.confirm(question);
  };
}

/** How a protected environment is named: by its flag, else by typing it where somebody can. */
export function namingBy(ui: Ui, confirm: string | undefined): Naming {
  if (confirm !== undefined) return { confirm };
  return ui.interactive ? { typeName: (question) => ui.ask(question) } : {};
}

/** Shows what would be lost, even where nobody is asked, and asks whether it may be. */
export function consentToLoss(
  ui: Ui,
  heading: string,
  question: string,
  agreed: boolean,
): (lost: readonly string[]) => Promise<boolean> {
  return async (lost) => {
    ui.say([heading, ...lost.map((line) => `  ${line}`)].join('\n'));
    return agreed || ui.confirm(question);
  };
}

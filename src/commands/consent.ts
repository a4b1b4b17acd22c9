import type { StackSummary } from '../operations/diff.js';
import { planText } from '../ui/plan.js';
import type { Ui } from '../ui/terminal.js';

/** Shows a plan, even where nobody is asked, and asks whether to go on with it. */
export function consentTo(
  ui: Ui,
  question: string,
  agreed: boolean,
  show: typeof planText = planText,
): (plans: readonly StackSummary[]) => Promise<boolean> {
  return async (plans) => {
    ui.say(show(ui.chalk, plans, ui.verbose));
    return agreed || ui.confirm(question);
  };
}

/*
 * Loaded into a command line (`node --import`): its clock jumps a few times a second, by up to a day either way. What
 * measures durations must not notice.
 */
const real = Date.now.bind(Date);
let jump = 0;
setInterval(() => {
  jump = Math.round((Math.random() - 0.5) * 2 * 86_400_000);
}, 200).unref();
const Real = Date;
Date.now = () => real() + jump;
globalThis.Date = new Proxy(Real, {
  construct: (target, given: unknown[]) =>
    Reflect.construct(target, given.length === 0 ? [real() + jump] : given) as object,
});
export {};

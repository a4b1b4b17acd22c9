import { z } from 'zod';

const share = z.number().min(0).max(1).describe('a share of the rows delivered, 0 to 1');

export const qualitySchema = z
  .strictObject({
    datasets: z.record(
      z.string(),
      z.strictObject({
        quarantine: z
          .strictObject({ warnAbove: share, failAbove: share })
          .refine((limits) => limits.warnAbove <= limits.failAbove, 'warnAbove is more than failAbove'),
      }),
    ),
  })
  .meta({ title: 'What a dataset may bear before its run warns or fails' });

export type Quality = z.infer<typeof qualitySchema>;

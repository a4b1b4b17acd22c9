/**
 * Reading requests of AWS's JSON protocols: each operation declares the shape of its input, and what does not fit is
 * answered as AWS answers it, naming the member.
 */
import { z } from 'zod';
import { pageFrom } from './pages.js';
import { ServiceError } from './service.js';

export type Operation = (input: unknown, request: { readonly account: string }) => unknown;

/** An operation whose input has this shape. Members that the shape does not name are dropped. */
export function operation<Shape extends z.ZodType>(
  shape: Shape,
  work: (input: z.infer<Shape>, request: { readonly account: string }) => unknown,
  errorType = 'InvalidInputException',
): Operation {
  return (input, request) => {
    const read = shape.safeParse(input);
    if (!read.success) {
      const problems = read.error.issues.map(
        (issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`,
      );
      throw new ServiceError(
        400,
        errorType,
        `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected: ${problems.join('; ')}`,
      );
    }
    return work(read.data, request);
  };
}

/** Reads a body as JSON; an empty one is an empty object. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ServiceError(400, 'SerializationException', 'The body is not JSON.');
  }
}

/** The members that a paged listing takes. */
export const paging = {
  NextToken: z.string().optional(),
  MaxResults: z.number().int().min(1).max(1000).optional(),
};

/**
 * One page of a listing, as these protocols answer it.
 * @throws ServiceError of `errorType` if the token is not one of ours
 */
export function page<Entry>(
  entries: readonly Entry[],
  asked: { NextToken?: string | undefined; MaxResults?: number | undefined },
  options: { readonly size?: number; readonly errorType?: string } = {},
): { entries: readonly Entry[]; NextToken?: string } {
  const token = asked.NextToken === '' ? undefined : asked.NextToken;
  const { items, next } = pageFrom(
    entries,
    { size: asked.MaxResults ?? options.size ?? 100, token },
    () => new ServiceError(400, options.errorType ?? 'InvalidInputException', 'Invalid NextToken.'),
  );
  return { entries: items, ...(next !== undefined && { NextToken: next }) };
}

import { z } from 'zod';

/** An address that holds no user and no password: the declaration is in Git, and what is made of it in Terraform's state. */
export function webAddress(protocol: RegExp, error?: string) {
  return z.url({ protocol, ...(error !== undefined && { error }) }).refine((text) => {
    const { username, password } = URL.canParse(text) ? new URL(text) : { username: '', password: '' };
    return username === '' && password === '';
  }, 'an address without user and password');
}

import { expect } from 'chai';
import { pageAfter, pageFrom, type AskedPage, type Page } from '../../src/local/pages.js';
import { ServiceError } from '../../src/local/service.js';

const refuse = (): ServiceError => new ServiceError(400, 'InvalidRequestException', 'Invalid NextToken.');
const after = (names: readonly string[], asked: AskedPage): Page<string> =>
  pageAfter(names, (name) => name, asked, refuse);

describe('a page of a listing', () => {
  it('goes on after the item that the page before ended with, whatever has come and gone before it', () => {
    const first = after(['a', 'b', 'c'], { size: 2, token: undefined });
    expect(first.items).to.deep.equal(['a', 'b']);
    expect(after(['new', 'b', 'c', 'd'], { size: 9, token: first.next }).items).to.deep.equal(['c', 'd']);
  });

  it('of what has no names goes on where the page before ended', () => {
    const first = pageFrom([1, 2, 3, 4], { size: 3, token: undefined }, refuse);
    expect(first.items).to.deep.equal([1, 2, 3]);
    expect(pageFrom([1, 2, 3, 4], { size: 3, token: first.next }, refuse)).to.deep.equal({ items: [4] });
  });

  it('has no token where nothing follows', () => {
    expect(after(['a', 'b'], { size: 2, token: undefined })).to.deep.equal({ items: ['a', 'b'] });
    expect(pageFrom([], { size: 2, token: undefined }, refuse)).to.deep.equal({ items: [] });
  });

  it('is refused for a token that is none, or whose item is gone', () => {
    const { next } = after(['a', 'b'], { size: 1, token: undefined });
    for (const token of ['', 'made-up', Buffer.from('from:-1').toString('base64url')]) {
      expect(() => after(['a', 'b'], { size: 1, token })).to.throw(ServiceError, 'Invalid NextToken.');
      expect(() => pageFrom(['a', 'b'], { size: 1, token }, refuse)).to.throw(ServiceError);
    }
    expect(() => after(['b'], { size: 1, token: next })).to.throw(ServiceError, 'Invalid NextToken.');
  });
});

import { describe, expect, it } from 'vitest';
import { OwnUrls } from './own-urls.js';

describe('the URLs of this gateway', () => {
  it('are chosen by Host among the configured ones only', () => {
    const urls = new OwnUrls();
    expect(urls.chosenBy('a.example')).toBeUndefined();
    urls.servedAt(['https://a.example', 'https://b.example:8243/prefix/']);
    expect(urls.chosenBy('A.example')).toBe('https://a.example');
    expect(urls.chosenBy('b.example:8243')).toBe('https://b.example:8243/prefix');
    expect(urls.chosenBy('evil.example')).toBe('https://a.example');
    expect(urls.chosenBy(undefined)).toBe('https://a.example');
    expect(urls.all()).toHaveLength(2);
  });
});

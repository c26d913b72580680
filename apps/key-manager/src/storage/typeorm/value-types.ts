import { types } from 'pg';

const bigintType = 20;

/** int8 as a number: all of ours are milliseconds or counts, which a double holds exactly. */
export const valueTypes = {
  getTypeParser(type: number, format?: 'text' | 'binary') {
    if (type === bigintType) return Number;
    return types.getTypeParser(type, format as 'text');
  },
};

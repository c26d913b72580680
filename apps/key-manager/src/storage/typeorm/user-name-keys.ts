import { type Database, unlessTaken } from './database.js';

const setting = 'case_sensitive_user_names';

/**
 * Names are compared by `username_key`, which is made under the setting. When the setting was changed since the last
 * start, the keys are made again; two users whose names differ only in case stop the change with `AlreadyExists`.
 */
export async function alignUserNames(db: Database, caseSensitive: boolean): Promise<void> {
  const work = db.transaction(async (session) => {
    const kept = await session.row<{ value: string }>('select value from settings where name = $1', [setting]);
    if (kept?.value === `${caseSensitive}`) return;
    const users = await session.rows<{ id: string; username: string }>('select id, username from users');
    await session.changed(
      `update users set username_key = t.key from unnest($1::text[], $2::text[]) as t (id, key) where users.id = t.id`,
      [users.map(({ id }) => id), users.map(({ username }) => (caseSensitive ? username : username.toLowerCase()))],
    );
    await session.changed(
      'insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
      [setting, `${caseSensitive}`],
    );
  });
  await unlessTaken('caseSensitiveUserNames cannot be switched off: a user whose name differs only in case', work);
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditKey } from '../../nodes/runtime/auditKey';

describe('the key of the audit', () => {
  const { N8N_ENCRYPTION_KEY: named, N8N_ENCRYPTION_KEY_FILE: file } = process.env;
  let folder: string;

  const restore = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'audit-key-'));
    delete process.env['N8N_ENCRYPTION_KEY'];
    delete process.env['N8N_ENCRYPTION_KEY_FILE'];
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    restore('N8N_ENCRYPTION_KEY', named);
    restore('N8N_ENCRYPTION_KEY_FILE', file);
  });

  it('is the same wherever n8n keeps its own, and does not show it', () => {
    writeFileSync(join(folder, 'config'), JSON.stringify({ encryptionKey: 'of n8n' }));
    const key = auditKey(folder);
    expect(key).toMatch(/^[\w-]{43}$/);
    process.env['N8N_ENCRYPTION_KEY_FILE'] = join(folder, 'secret');
    writeFileSync(join(folder, 'secret'), 'of n8n\n');
    expect(auditKey(folder)).toBe(key);
    process.env['N8N_ENCRYPTION_KEY'] = 'of n8n';
    expect(auditKey('/nowhere')).toBe(key);
    process.env['N8N_ENCRYPTION_KEY'] = 'another';
    expect(auditKey(folder)).not.toBe(key);
  });

  it.each([
    ['nothing is there', null],
    ['the settings are damaged', '{'],
    ['the settings have none', '{}'],
  ])('is missing where %s', (_what, settings) => {
    if (settings !== null) writeFileSync(join(folder, 'config'), settings);
    expect(auditKey(folder)).toBeUndefined();
  });
});

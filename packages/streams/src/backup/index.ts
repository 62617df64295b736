export { readBackup as verifyBackup } from './backup-reader.ts';
export { type BackupReport, type CreateBackupOptions, createBackup } from './create-backup.ts';
export { BackupDamagedError, BackupRefusedError, type Counts, type Header, type Trailer } from './format.ts';
export { type RestoreBackupOptions, type RestoreReport, restoreBackup } from './restore-backup.ts';

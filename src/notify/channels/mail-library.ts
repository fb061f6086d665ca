/** The parts of nodemailer that are used, in a file of their own: loaded with the first e-mail. */
export { default as MailComposer } from 'nodemailer/lib/mail-composer';
export { default as SMTPConnection } from 'nodemailer/lib/smtp-connection';

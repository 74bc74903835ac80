//! E-mail over SMTP.

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::ending::Ending;
use crate::not_told::{NotTold, PATIENCE};

/// Encryption of the connection to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Plain connection that has to switch to TLS.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Connection without TLS, for a server in the same network.
    None,
}

/// An e-mail: its sender, recipients and mail server.
#[derive(Clone)]
pub struct Email {
    /// Addresses of the recipients.
    pub to: Vec<String>,
    /// Address of the sender.
    pub from: String,
    /// Host of the mail server.
    pub host: String,
    /// Port of the mail server.
    pub port: u16,
    /// Encryption of the connection.
    pub security: Security,
    /// User and password.
    pub login: Option<(String, String)>,
}

impl Email {
    pub(crate) async fn send(&self, ending: &Ending) -> Result<(), NotTold> {
        // An error means that the process already has a provider, which is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let message = self.message(ending)?;
        let builder = match self.security {
            Security::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&self.host)
                .map_err(|error| told(&error))?,
            Security::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(&self.host)
                .map_err(|error| told(&error))?,
            Security::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host),
        };
        let mut builder = builder.port(self.port).timeout(Some(PATIENCE));
        if let Some((user, password)) = &self.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        builder
            .build()
            .send(message)
            .await
            .map_err(|error| told(&error))?;
        Ok(())
    }

    fn message(&self, ending: &Ending) -> Result<Message, NotTold> {
        let mut builder = Message::builder()
            .from(mailbox(&self.from)?)
            .subject(ending.title())
            .header(ContentType::TEXT_PLAIN);
        for address in &self.to {
            builder = builder.to(mailbox(address)?);
        }
        let body = format!("{}\n", ending.text());
        builder
            .body(body)
            .map_err(|error| NotTold(error.to_string()))
    }
}

fn mailbox(address: &str) -> Result<Mailbox, NotTold> {
    address
        .parse()
        .map_err(|error| NotTold(format!("`{address}` is no e-mail address: {error}")))
}

fn told(error: &lettre::transport::smtp::Error) -> NotTold {
    if error.is_timeout() {
        return NotTold::too_late();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    NotTold(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ending::tests::failed;

    fn email(to: &[&str]) -> Email {
        Email {
            to: to.iter().map(|&to| to.to_owned()).collect(),
            from: "Argo <argo@example.com>".to_owned(),
            host: "mail.example.com".to_owned(),
            port: 587,
            security: Security::StartTls,
            login: None,
        }
    }

    #[test]
    fn an_email_has_the_title_as_its_subject() {
        let message = email(&["a@example.com", "b@example.com"]).message(&failed());
        let text = String::from_utf8(message.unwrap().formatted()).unwrap();
        for part in [
            "From: Argo <argo@example.com>",
            "To: a@example.com, b@example.com",
            "Subject: shop: run shop-x7k of schedule nightly failed after 12m 5s",
            "To continue: kedro argo retry shop-x7k",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        let error = email(&["nobody"]).message(&failed()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`nobody` is no e-mail address")
        );
    }

    #[test]
    fn a_name_cannot_add_a_header() {
        let mut ending = failed();
        ending.run = "x\r\nBcc: evil@example.com".to_owned();
        let text = String::from_utf8(
            email(&["a@example.com"])
                .message(&ending)
                .unwrap()
                .formatted(),
        );
        let text = text.unwrap();
        let (headers, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            !headers.lines().any(|line| line.starts_with("Bcc:")),
            "{text}"
        );
    }
}

//! What texts of people must be like: names, e-mail addresses, passwords.

use shared::error::ErrorCode;

use crate::error::AppError;

const MIN_PASSWORD_CHARS: usize = 10;
/// Long enough for any sentence; a longer one would only make us hash it.
const MAX_PASSWORD_BYTES: usize = 1024;
const MAX_NAME_CHARS: usize = 80;

/// Whether it could be a password of anybody.
pub fn password_fits(password: &str) -> bool {
    password.len() <= MAX_PASSWORD_BYTES
}

pub fn check_password(password: &str) -> Result<(), AppError> {
    let refuse = |message: String| Err(AppError::new(ErrorCode::WeakPassword, message));
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return refuse(format!("`password`: at least {MIN_PASSWORD_CHARS} characters"));
    }
    if !password_fits(password) {
        return refuse(format!("`password`: at most {MAX_PASSWORD_BYTES} bytes"));
    }
    Ok(())
}

/// No more than what every address has; whether it is somebody's only a mail could tell.
pub fn parse_email(text: &str) -> Result<String, AppError> {
    let email = text.trim();
    let shaped = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.len() >= 3
            && !domain.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    let clean = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || is_unseen(c));
    if shaped && clean { Ok(email.to_owned()) } else { Err(AppError::bad_request("`email`: not an e-mail address")) }
}

/// A name or title that people see in one line.
pub fn parse_name(text: &str, field: &'static str) -> Result<String, AppError> {
    let name = text.trim();
    if name.is_empty() {
        Err(AppError::bad_request(format!("`{field}`: must not be empty")))
    } else if name.chars().count() > MAX_NAME_CHARS {
        Err(AppError::bad_request(format!("`{field}`: at most {MAX_NAME_CHARS} characters")))
    } else if name.chars().any(is_unseen) {
        Err(AppError::bad_request(format!("`{field}`: must be one line of plain text")))
    } else {
        Ok(name.to_owned())
    }
}

/// A name from elsewhere, made to fit rather than refused.
pub fn fit_name(text: &str) -> Option<String> {
    let name: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    let name: String = name.trim().chars().take(MAX_NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

/// Control characters, and those that turn the direction of what follows: a name with one can look like another name.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_two_sides() {
        for good in ["ada@example.org", "a.b+c@localhost", " ada@example.org "] {
            assert!(parse_email(good).is_ok(), "{good}");
        }
        for bad in ["", "ada", "@example.org", "ada@", "a@b@c.de", "ada @example.org", "ada@.org", "ada@exa\nmple.org"]
        {
            assert!(parse_email(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_what_it_looks_like() {
        assert_eq!(parse_name(" Ada ", "name").unwrap(), "Ada");
        for bad in ["", " ", "a\nb", "a\u{0}b", "evil\u{202e}txt", &"x".repeat(81)] {
            assert!(parse_name(bad, "name").is_err(), "{bad:?}");
        }
        assert_eq!(fit_name(" a\u{202e}\nb "), Some("ab".into()));
        assert_eq!(fit_name("\u{0}"), None);
    }
}

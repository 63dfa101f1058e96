//! How long a certificate is good.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use crate::kinds::SECRETS;

/// Tags of DER (X.690).
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// A certificate's version, which one of version 1 lacks (RFC 5280, 4.1).
const VERSION: u8 = 0xa0;

/// Whether the object is a Secret with a certificate for TLS.
pub fn has_certificate(resource: drover::model::object::Resource, secret: &Value) -> bool {
    resource == SECRETS && secret["type"] == "kubernetes.io/tls"
}

/// When the certificate of a Secret of type `kubernetes.io/tls` ends; none where it can't be read.
pub fn not_after(secret: &Value) -> Option<Timestamp> {
    let text = String::from_utf8(STANDARD.decode(secret["data"]["tls.crt"].as_str()?).ok()?).ok()?;
    let (_, text) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    // The server's own comes first, before those that vouch for it.
    let (text, _) = text.split_once("-----END CERTIFICATE-----")?;
    let digits: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    end_of_validity(&STANDARD.decode(digits).ok()?)
}

/// `Certificate { tbsCertificate { [version], serial, algorithm, issuer, validity { from, to } … } … }`.
fn end_of_validity(certificate: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&VERSION) {
        (_, _, fields) = element(fields)?;
    }
    for _ in ["serial", "algorithm", "issuer"] {
        (_, _, fields) = element(fields)?;
    }
    let (tag, validity, _) = element(fields)?;
    let (_, _, to) = element(validity).filter(|_| tag == SEQUENCE)?;
    let (tag, time, _) = element(to)?;
    self::time(tag, std::str::from_utf8(time).ok()?)
}

/// The first element: its tag, what is in it, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        // Three bytes of a length are more than any Secret holds.
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (inside, rest) = rest.split_at_checked(length)?;
    Some((*tag, inside, rest))
}

/// `491231235959Z`, or with four digits of the year from 2050 on (RFC 5280, 4.1.2.5).
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let text = match tag {
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |range| text.get(range);
    let (date, time) = (part(0..8)?, part(8..15)?);
    format!("{date}T{time}").parse().ok()
}

#[cfg(test)]
pub mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use serde_json::json;

    use super::*;

    /// A Secret with a certificate that is good to the end of that year.
    pub fn secret(year: i32) -> Value {
        let mut parameters = CertificateParams::new(["shop.test".to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(year, 12, 31);
        let certificate = parameters.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let data = json!({"tls.crt": STANDARD.encode(certificate.pem()), "tls.key": ""});
        json!({"metadata": {"name": "tls"}, "type": "kubernetes.io/tls", "data": data})
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        for (year, end) in [(2031, "2031-12-31T00:00:00Z"), (2093, "2093-12-31T00:00:00Z")] {
            assert_eq!(not_after(&secret(year)), Some(end.parse().unwrap()));
        }
        assert_eq!(time(UTC_TIME, "500102030405Z"), Some("1950-01-02T03:04:05Z".parse().unwrap()));
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        for text in ["", "x", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"] {
            assert_eq!(not_after(&json!({"data": {"tls.crt": STANDARD.encode(text)}})), None, "{text}");
        }
        for bytes in [&[0x30, 0x82, 0xff][..], &[0x30, 0x84, 1, 1, 1, 1], &[0x30, 0x80]] {
            assert_eq!(end_of_validity(bytes), None);
        }
        assert_eq!(not_after(&json!({})), None);
    }

    #[test]
    fn a_certificate_that_is_cut_off_is_none() {
        let secret = secret(2031);
        let text = String::from_utf8(STANDARD.decode(secret["data"]["tls.crt"].as_str().unwrap()).unwrap());
        let digits: String = text.unwrap().lines().filter(|line| !line.starts_with('-')).collect();
        let bytes = STANDARD.decode(digits).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(end_of_validity(&bytes[..length]), None, "{length}");
        }
    }
}

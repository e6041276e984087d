//! The second argument of `convert`.

use boa_engine::{
    Context, JsResult, JsString, JsValue, js_string,
    object::{JsObject, builtins::JsArray},
};
use serde::{Deserialize, Serialize};

/// What `convert` may know about its page besides the body.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Metadata<'a> {
    /// `queryName`: the table's name.
    pub query_name: &'a str,
    /// `queryParameters`: as sent, placeholders replaced; what is sent several times is a list.
    pub query_parameters: &'a [(String, String)],
    /// `originalQueryParameters`: as written in the YAML.
    pub original_query_parameters: &'a [(String, String)],
    /// `url`: the page's URL.
    pub url: &'a str,
    /// `status`: the HTTP status.
    pub status: u16,
    /// `headers`: of the response, names in lower case; values of a repeated name are joined with `, `.
    pub headers: &'a [(String, String)],
    /// `run`: the run's id.
    pub run: &'a str,
}

impl Metadata<'_> {
    /// The object for the page with this index; its `page` counts from 1, as messages do.
    pub(crate) fn to_js(self, page_index: usize, context: &mut Context) -> JsResult<JsObject> {
        let mut headers: Vec<(String, String)> = Vec::with_capacity(self.headers.len());
        for (name, value) in self.headers {
            match headers.iter_mut().find(|(known, _)| known == name) {
                // RFC 9110 §5.3 allows joining lines of one name with a comma.
                Some((_, values)) => *values = format!("{values}, {value}"),
                None => headers.push((name.clone(), value.clone())),
            }
        }
        let members = [
            ("queryName", text(self.query_name)),
            ("queryParameters", parameters(self.query_parameters, context)?),
            ("originalQueryParameters", parameters(self.original_query_parameters, context)?),
            ("page", JsValue::new(page_index as f64 + 1.0)),
            ("url", text(self.url)),
            ("status", JsValue::new(self.status)),
            ("headers", object(&headers, context)?),
            ("run", text(self.run)),
        ];
        let metadata = JsObject::with_object_proto(context.intrinsics());
        for (name, value) in members {
            metadata.create_data_property_or_throw(js_string!(name), value, context)?;
        }
        Ok(metadata)
    }
}

/// [`Metadata`] that came from another process; the fields have the same names.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct MetadataBuf {
    query_name: String,
    query_parameters: Vec<(String, String)>,
    original_query_parameters: Vec<(String, String)>,
    url: String,
    status: u16,
    headers: Vec<(String, String)>,
    run: String,
}

impl MetadataBuf {
    pub(crate) fn as_metadata(&self) -> Metadata<'_> {
        Metadata {
            query_name: &self.query_name,
            query_parameters: &self.query_parameters,
            original_query_parameters: &self.original_query_parameters,
            url: &self.url,
            status: self.status,
            headers: &self.headers,
            run: &self.run,
        }
    }
}

fn text(text: &str) -> JsValue {
    JsString::from(text).into()
}

/// Each name once, with its value, or all its values as a list.
fn parameters(sent: &[(String, String)], context: &mut Context) -> JsResult<JsValue> {
    let object = JsObject::with_object_proto(context.intrinsics());
    for (index, (name, value)) in sent.iter().enumerate() {
        let is_name = |(other, _): &&(String, String)| other == name;
        if sent[..index].iter().any(|other| is_name(&other)) {
            continue;
        }
        let values: Vec<JsValue> = sent.iter().filter(is_name).map(|(_, value)| text(value)).collect();
        let value = match values.len() {
            1 => text(value),
            _ => JsArray::from_iter(values, context).into(),
        };
        object.create_data_property_or_throw(js_string!(name.as_str()), value, context)?;
    }
    Ok(object.into())
}

fn object(members: &[(String, String)], context: &mut Context) -> JsResult<JsValue> {
    let object = JsObject::with_object_proto(context.intrinsics());
    for (name, value) in members {
        object.create_data_property_or_throw(js_string!(name.as_str()), text(value), context)?;
    }
    Ok(object.into())
}

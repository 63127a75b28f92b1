/* SPDX-License-Identifier: MIT */

/*
 * What became of a transfer, in words of our own. Curl's would be better, but
 * they may hold the URL, and with it a key.
 */

#include <errno.h>

#include "local.h"

static const struct {
    CURLcode code;
    int error;
    const char *text;
} explanations[] = {
    {CURLE_OK, 0, ""},
    {CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT, "timed out"},
    {CURLE_COULDNT_CONNECT, -ECONNREFUSED, "cannot connect"},
    {CURLE_FILESIZE_EXCEEDED, -EFBIG, "answer too big"},
    {CURLE_COULDNT_RESOLVE_HOST, -EIO, "host name not found"},
    {CURLE_UNSUPPORTED_PROTOCOL, -EIO, "not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, -EIO, "answer is not HTTP"},
    {CURLE_URL_MALFORMAT, -EINVAL, "malformed URL"},
    {CURLE_PARTIAL_FILE, -EIO, "answer cut short"},
    {CURLE_GOT_NOTHING, -EIO, "closed without an answer"},
    {CURLE_SEND_ERROR, -EIO, "connection lost"},
    {CURLE_RECV_ERROR, -EIO, "connection lost"},
    {CURLE_OUT_OF_MEMORY, -ENOMEM, "out of memory, or a header too long"},
    {CURLE_SSL_CONNECT_ERROR, -EIO, "TLS handshake failed"},
    {CURLE_PEER_FAILED_VERIFICATION, -EIO, "the server's certificate is not trusted"},
    {CURLE_SSL_CACERT_BADFILE, -EINVAL, "the system's certificates cannot be read"},
    {CURLE_BAD_CONTENT_ENCODING, -EIO, "unknown transfer coding"},
};

int fetch_explain(CURLcode code, const char **ret_text)
{
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
        if (explanations[i].code != code) continue;
        *ret_text = explanations[i].text;
        return explanations[i].error;
    }
    *ret_text = "transfer failed";
    return -EIO;
}

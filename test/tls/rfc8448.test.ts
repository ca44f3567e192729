/** The traces of RFC 8448: section 3, a simple handshake, and section 5, one with a HelloRetryRequest. */

import { p256 } from '@noble/curves/nist.js';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { integerOf } from '../../src/tls/keys/integers.ts';
import { contentTypes, extensionTypes, versions } from '../../src/tls/protocol/codes.ts';
import { groups } from '../../src/tls/protocol/groups.ts';
import { finishedOf, KeySchedule, protectionOf } from '../../src/tls/protocol/key-schedule.ts';
import { MessageReader } from '../../src/tls/protocol/messages.ts';
import { type RecordBytes, RecordReader } from '../../src/tls/protocol/record.ts';
import { readServerHello } from '../../src/tls/protocol/server-hello.ts';
import { checkHandshakeSignature } from '../../src/tls/protocol/signature-schemes.ts';
import { Transcript } from '../../src/tls/protocol/transcript.ts';
import { ascii, vector16, wireReader } from '../../src/tls/protocol/wire.ts';
import { sequenceOf } from '../../src/tls/x509/der.ts';
import { hex, unhex } from '../support/bytes.ts';
import { suiteOf } from './suites.ts';

const bytes = (...text: readonly string[]): Uint8Array => unhex(text.join(''));
const suite = suiteOf(0x1301);
const { handshake, applicationData, alert } = contentTypes;

/** Both traces have this one, of RSA with 1024 bits: too short to be accepted, so its key is taken from the message. */
const certificate = bytes(
  '0b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a06035504031303727361301e170d3136303733303031',
  '323335395a170d3236303733303031323335395a300e310c300a0603550403130372736130819f300d06092a864886f70d010101050003818d0030818902818100b4bb498f',
  '8279303d980836399b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63',
  '264d449a6d38e22a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d',
  '1304023000300b0603551d0f0404030205a0300d06092a864886f70d01010b05000381810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594365417f2',
  'eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb2bd5203b1c3b84e0a8',
  'b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de10000',
);

const simple = {
  clientHello: bytes(
    '010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b0009000006736572766572ff0100',
    '0100000a00140012001d0017001800190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e52',
    '9aaf2c002b0003020304000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001',
  ),
  privateKey: bytes('49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005'),
  serverHello: bytes(
    '020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c9828876112095fe66762bdbf7c672e156',
    'd6cc253b833df1dd69b1b04e751f0f002b00020304',
  ),
  shared: bytes('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d'),
  handshake: {
    client: bytes('b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21'),
    server: bytes('b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38'),
  },
  extensions: bytes('080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000'),
  verify: bytes(
    '0f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a078653fa6bef780c5ea248eeaaa785c4f3',
    '94cab6d30bbe8d4859ee511f602957b15411ac027671459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f74f3',
  ),
  finished: bytes('140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718'),
  flight: bytes(
    '17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40aa40aa2b8ea73f848a7ca07612ef9f945cb960b4068905123ea78b111b429ba',
    '9191cd05d2a389280f526134aadc7fc78c4b729df828b5ecf7b13bd9aefb0e57f271585b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57a6b9d7477609aee6e122a4cf',
    '51427325250c7d0e509289444c9b3a648f1d71035d2ed65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110c453baa4fcd610928d809810e4b7ed1a8fd991f06aa624',
    '8204797e36a6a73b70a2559c09ead686945ba246ab66e5edd8044b4c6de3fcf2a89441ac66272fd8fb330ef8190579b3684596c960bd596eea520a56a8d650f563aad27409',
    '960dca63d3e688611ea5e22f4415cf9538d51a200c27034272968a264ed6540c84838d89f72c24461aad6d26f59ecaba9acbbb317b66d902f4f292a36ac1b639c637ce3431',
    '17b659622245317b49eeda0c6258f100d7d961ffb138647e92ea330faeea6dfa31c7a84dc3bd7e1b7a6c7178af36879018e3f252107f243d243dc7339d5684c8b0378bf302',
    '44da8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7cca71e4599426f7d461e66f99882bd89fc50800becca62d6c74116dbd2972fda1fa80f85df881edbe5a3766',
    '8936b335583b599186dc5c6918a396fa48a181d6b6fa4f9d62d513afbb992f2b992f67f8afe67f76913fa388cb5630c8ca01e0c65d11c66a1e2ac4c85977b7c7a6999bbf10',
    'dc35ae69f5515614636c0b9b68c19ed2e31c0b3b66763038ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66a73f60f0504de93b5b845e275592c12335ee340bbc4fdd',
    'd502784016e4b3be7ef04dda49f4b440a30cb5d2af939828fd4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e750edc53370d2b',
  ),
  application: {
    client: bytes('9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5'),
    server: bytes('a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643'),
  },
  clientFinished: bytes('14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61'),
  clientFinishedRecord: bytes(
    '170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546',
  ),
  clientData: bytes(
    '1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4',
  ),
  clientAlert: bytes('1703030013c9872760655666b74d7ff1153efd6db6d0b0e3'),
};

const retried = {
  firstHello: bytes(
    '010000b00303b0b1c5a5aa37c5919f2ed1d5c6fff7fcb7849716945a2b8cee9258a346677b6f000006130113031302010000810000000b0009000006736572766572ff0100',
    '0100000a00080006001d00170018003300260024001d0020e8e8e3f3b93a25ed97a14a7dcacb8a272c6288e585c6484d05262fcad062ad1f002b0003020304000d0020001e',
    '040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001',
  ),
  retry: bytes(
    '020000ac0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c001301000084003300020017002c0074007271dcd04bb88bc3189119398a00',
    '000000eefafc76c146b823b096f8aacad365dd0030953f4edf625636e5f21bb2e23fcc654b1b5b40318d10d137abcbb87574e36e8a1f025f7dfa5d6e50781b5eda4aa15b0c',
    '8be778257d16aa3030e9e7841dd9e4c0342267e8ca0caf571fb2b7cff0f934b0002b00020304',
  ),
  secondHello: bytes(
    '010001fc0303b0b1c5a5aa37c5919f2ed1d5c6fff7fcb7849716945a2b8cee9258a346677b6f000006130113031302010001cd0000000b0009000006736572766572ff0100',
    '0100000a00080006001d001700180033004700450017004104a6da7392ec591e17abfd535964b99894d13befb221b3def2ebe3830eac8f0151812677c4d6d2237e85cf01d6',
    '910cfb83954e76ba7352830534159897e8065780002b0003020304000d0020001e040305030603020308040805080604010501060102010402050206020202002c00740072',
    '71dcd04bb88bc3189119398a00000000eefafc76c146b823b096f8aacad365dd0030953f4edf625636e5f21bb2e23fcc654b1b5b40318d10d137abcbb87574e36e8a1f025f',
    '7dfa5d6e50781b5eda4aa15b0c8be778257d16aa3030e9e7841dd9e4c0342267e8ca0caf571fb2b7cff0f934b0002d00020101001c00024001001500af',
    '00'.repeat(0xaf),
  ),
  serverHello: bytes(
    '020000770303bb341d847fd789c47c387172dc0c9bf147fccacb5043d86ca4c598d3ff571b9800130100004f003300450017004104583e054b7a66672ae020ad9d2686fcc8',
    '5b5ad41a134a0f03ee72b893052bd85b4c8de6776f5b04ac07d83540eab3e3d9c547bc6528c4317d294686093a6cad7d002b00020304',
  ),
  privateKey: bytes('ab5473467e19346ceb0a0414e41da21d4d2445bc3025afe97c4e8dc8d513da39'),
  shared: bytes('c142ce13ca11b5c2233652e63ad3d97844f1621fbfb9de69d547dc8fedeabeb4'),
  transcript: bytes('8aa8e828ec2f8a884fec95a3139de01c15a3daa7ff5bfc3f4bfcc21b438d7bf8'),
  handshake: {
    client: bytes('158aa7ab8855073582b41d674b4055cabcc534728f659314861b4e08e2011566'),
    server: bytes('3403e781e2af7b6508da28574f6e95a1abf162de83a97927c37672a4a0cef8a1'),
  },
  extensions: bytes('080000180016000a0008000600170018001d001c0002400100000000'),
  verify: bytes(
    '0f0000840804008033ab13d4462707231b5dcae6c8190b63d1dabc74f28c395370da0b07e5b83066d0246a31acd95df475bfd799a4a70d33ad93d3a317a9b2c0d237a5685b',
    '219e774112e391a247607d1aeff1bbd0a39f382ee1a5fe88ae99ec59228e6497e45d48ce275a6d5ef40d169fb6f9d33b052ed3dcdd6b5a48baafffbcb290128415bd38',
  ),
  finished: bytes('140000208863e6bfb0420a927fa27f34336a70ae426e968e3eb884945b96856dba3976d1'),
  application: {
    client: bytes('75ecf4b972525aa0dcd057c9944d4cd5d82671d8843141d7dc2a4ff15a21dc51'),
    server: bytes('5c74f87df04225db0f8209c9de6429e49435fdefa7cad61864874d12f31cfc8d'),
  },
};

function record(bytes: Uint8Array): RecordBytes {
  const reader = new RecordReader();
  reader.push(bytes);
  return reader.next() ?? expect.fail('no record');
}

function signed(transcript: Transcript): Uint8Array {
  return concatBytes(ascii(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`), transcript.digest());
}

function checkVerify(message: Uint8Array, transcript: Transcript): void {
  // Behind the lengths of the message: the certificate, in it the key, in it the two integers.
  const tbs = sequenceOf(sequenceOf(certificate.subarray(11, -2)).any().bytes);
  for (let field = 0; field < 6; field++) tbs.any();
  const info = tbs.sequence();
  info.any();
  const key = sequenceOf(info.wholeBits());
  const rsa = { type: 'rsa', modulus: integerOf(key.unsigned()), exponent: integerOf(key.unsigned()) } as const;
  const reader = wireReader(message.subarray(4));
  const scheme = reader.u16();
  checkHandshakeSignature(versions.tls13, scheme, rsa, signed(transcript), vector16(reader));
}

describe('section 3', () => {
  test('from the two hellos to the last record', () => {
    const exchange = groups[0].generate(() => simple.privateKey);
    expect(hex(simple.clientHello)).toContain(hex(exchange.publicKey));
    const hello = readServerHello(simple.serverHello.subarray(4));
    expect(hello).toMatchObject({ version: versions.tls13, isRetry: false, suite });
    const share = hello.extensions.get(extensionTypes.keyShare) ?? new Uint8Array(0);
    const shared = exchange.agree(share.subarray(4));
    expect(shared).toEqual(simple.shared);

    const transcript = new Transcript();
    transcript.add(simple.clientHello);
    transcript.choose(suite.hash);
    transcript.add(simple.serverHello);
    const schedule = new KeySchedule(suite.hash, shared);
    const secrets = schedule.handshakeTraffic(transcript.digest());
    expect(secrets).toEqual(simple.handshake);

    const flight = protectionOf(suite, secrets.server).open(record(simple.flight));
    expect(flight.type).toBe(handshake);
    const messages = new MessageReader();
    messages.push(flight.bytes);
    const expected = [simple.extensions, certificate, simple.verify, simple.finished];
    for (const message of expected) {
      expect(messages.next()?.bytes).toEqual(message);
      if (message === simple.verify) checkVerify(message, transcript);
      if (message === simple.finished) {
        expect(finishedOf(suite.hash, secrets.server, transcript.digest())).toEqual(message.subarray(4));
      }
      transcript.add(message);
    }
    expect(messages.isEmpty).toBe(true);

    const application = schedule.applicationTraffic(transcript.digest());
    expect(application).toEqual(simple.application);
    const finished = finishedOf(suite.hash, secrets.client, transcript.digest());
    expect(finished).toEqual(simple.clientFinished.subarray(4));
    const sent = protectionOf(suite, secrets.client).seal({ type: handshake, bytes: simple.clientFinished });
    expect(sent).toEqual(simple.clientFinishedRecord);

    const writing = protectionOf(suite, application.client);
    const data = Uint8Array.from({ length: 50 }, (_, i) => i);
    expect(writing.seal({ type: applicationData, bytes: data })).toEqual(simple.clientData);
    expect(writing.seal({ type: alert, bytes: Uint8Array.of(1, 0) })).toEqual(simple.clientAlert);
  });
});

describe('section 5', () => {
  test('from the first hello to the keys of the data', () => {
    const retry = readServerHello(retried.retry.subarray(4));
    expect(retry).toMatchObject({ version: versions.tls13, isRetry: true, suite });
    const transcript = new Transcript();
    transcript.add(retried.firstHello);
    transcript.retry(suite.hash);
    for (const message of [retried.retry, retried.secondHello, retried.serverHello]) transcript.add(message);
    expect(transcript.digest()).toEqual(retried.transcript);

    // A key of P-256 is drawn from more bytes than it has, so the trace's own goes to noble directly.
    const share = readServerHello(retried.serverHello.subarray(4)).extensions.get(extensionTypes.keyShare);
    expect(p256.getSharedSecret(retried.privateKey, share?.subarray(4) ?? new Uint8Array(0)).subarray(1)).toEqual(
      retried.shared,
    );
    const schedule = new KeySchedule(suite.hash, retried.shared);
    const secrets = schedule.handshakeTraffic(transcript.digest());
    expect(secrets).toEqual(retried.handshake);
    transcript.add(retried.extensions);
    transcript.add(certificate);
    checkVerify(retried.verify, transcript);
    transcript.add(retried.verify);
    expect(finishedOf(suite.hash, secrets.server, transcript.digest())).toEqual(retried.finished.subarray(4));
    transcript.add(retried.finished);
    expect(schedule.applicationTraffic(transcript.digest())).toEqual(retried.application);
  });
});

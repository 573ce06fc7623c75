const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Words that hold sentences together, English and Spanish: never part of a name, a street or a problem's core. */
export const functionWords = words(`
a an the this that these those there here it its i im ive id ill we were weve you your youre u ur he she they them his her
our my mine me us is are am was be been being do does did doing done dont doesnt didnt have has had havent having
of in on at to for from by with without about into over out off up down near next and or but so if because as than then
not no nor can cant could couldnt would should shall might must wont when where what who why how which while since until
just also too very really still already again only some any all both each more most much many few lot get got getting
el la los las un una unos unas de del en y o que con por para mi mis su sus se me te le lo es esta estan son soy estoy hay
tengo tiene no si pero como cuando donde muy mas ya porque aqui ahi
n r ya yall gonna wanna lets let thats theres whats hes shes im`);

/** Small talk: says nothing about the job. */
export const smallTalk = words(`
hi hello hey heya yo hiya sup hola ola buenas buenos dias good morning afternoon evening greetings dear sir maam
ok okay k kk yes yeah yea yep yup sure fine cool great perfect awesome alright right sounds got it nice good
thanks thank thx ty thnx tysm gracias appreciate welcome please pls plz xfa porfa favor vale claro bueno sorry disculpe
perdon hmm hm um uh oh ah lol lmao haha omg wow idk brb wait hang hold sec second minute moment one bye later nvm
call called calling callback phone text texted texting message missed miss back reach reached return returning again
help need needed want wanted like question questions ask asking someone somebody anyone anybody guys guy people person
service services company business website online number know tell told say said see look looking come coming came
hope trying try tried picked answer answered anything something thing things stuff time times three two first day ago
while little today now soon asap urgent ready available free interested bot robot human real fuck shit damn wtf
ayuda llamar llame llamo llamada necesito quiero quisiera alguien pregunta usted ustedes tarde noche manana gracias
nope nah nothing none nada test testing address name nombre direccion maybe probably anyway actually sorry mean meant
going go gone thinking think guess because business licensed insured bonded reviews hablo ingles espanol mucho poco`);

/** Things and troubles of the home trades, English and Spanish; near spellings count too. */
export const tradeWords = words(`
leak leaks leaky leaking leaked leek leeking drip drips dripping clog clogs clogged cloged unclog backup backed overflow flush flushing
toilet commode urinal sink faucet tap hydrant shower tub bathtub bathroom drain drains draining sewer sewage septic pipe pipes piping plumbing valve spigot
hose disposal garbage dishwasher washer dryer laundry fridge icemaker sump pump pressure water heater boiler tankless softener
furnace heat heating heater thermostat ac hvac conditioner conditioning cooling cool cold warm hot air vent vents duct ducts ductwork
filter compressor condenser split splits minisplit coil refrigerant freon blower fan fans radiator fireplace chimney pilot
outlet outlets plug plugs breaker breakers panel fuse wire wires wiring electric electrical electrician power light lights lighting lamp switch
switches gfci chandelier generator charger ev socket ceiling meter flicker flickering flickers tripping trips tripped doorbell
lock locks locked lockout locksmith key keys deadbolt door doors knob rekey keypad ignition fob safe
roof roofing roofer shingle shingles gutter gutters downspout flashing skylight soffit fascia siding attic tile tiles storm hail branch
ceiling wall stain mold window windows crawl basement garage kitchen appliance stove oven range microwave vanity
repair repairs fix fixed fixing broken broke breaks install installed installation replace replaced replacement replacing inspection
inspect maintenance tuneup remodel cleaned cleaning rust rusted crack cracked cracks noise noisy banging humming rattling
fuga fugas gotea gotera goteras goteando tuberia tuberias tubo llave llaves bano inodoro taza excusado lavabo fregadero regadera ducha
desague drenaje tapado tapada tapo destapar coladera calentador boiler caldera calefaccion aire acondicionado clima enfria calienta
luz luces enchufe enchufes contacto apagador foco breaker electricidad electrico cable cables corto ventilador abanico
cerradura chapa puerta candado techo tejas canaleta agua caliente fria presion bomba estufa lavadora secadora refrigerador
descompuesto descompuesta descompuso rompio roto rota reparar arreglar instalar cambiar sirve funciona prende`);

/** What a count may be of, so that its number is neither a house nor an hour. */
export const measures = words(`
gallon gallons gal sq sqft square ft feet foot inch inches degrees degree psi amp amps volt volts watt watts ton tons btu
dollars bucks percent year years yr yrs yo day days week weeks wk wks month months hour hours hrs hr minute minutes mins min
second seconds sec people person persons unit units story stories bed bath bedroom bedrooms bathroom bathrooms toilets sinks outlets
lights doors windows locks keys times way ways pairs pieces of flushes anos dias semanas meses horas minutos galones car cars`);

export const streetWords =
  'street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|court|ct|boulevard|blvd|way|place|pl|terrace|ter|circle|cir|parkway|pkwy|highway|hwy|trail|trl|loop|square|alley|crescent|concourse|cove|broadway|turnpike|tpke|plaza|path|crossing|xing|point|pt|hollow|grove|heights|hts';

/** Words that make an answer a place though it has no number. */
export const placeWords = words(`
apartments apartment apt apts building complex condo condos mall plaza parking lot center centre school church hospital hotel motel
store station park village estates towers tower suite mobile trailer farm ranch corner intersection behind across street st road rd
avenue ave drive lane blvd highway hwy calle avenida colonia esquina edificio departamento condominio entre frente`);

/** Frequent US given names (Social Security's lists), without those that are everyday words or cities. */
export const givenNames = words(`
james john robert bob rob bobby michael mike david dave william bill billy richard rick rich joseph joe joey thomas tom tommy charles
charlie chuck christopher chris daniel dan danny matthew matt anthony tony steven steve stephen paul andrew andy drew joshua josh
kenneth ken kenny kevin brian bryan george timothy tim ronald ron ronnie edward ed eddie ted jason jeffrey jeff geoff ryan jacob jake
gary nicholas nick eric erik jonathan jon larry justin scott brandon benjamin ben samuel sam sammy gregory greg alexander alex
patrick pat jack dennis jerry tyler aaron jose adam nathan nate henry hank douglas doug zachary zach peter pete kyle ethan walter
noah jeremy christian keith roger terry sean shawn shane gerald carl dylan harold jordan jesse lawrence arthur gabriel bruce
albert willie alan allen juan wayne elijah randy roy vincent vince ralph eugene russell louis luis philip phil johnny jim jimmy
marcus theo theodore owen leo oscar felix hector carlos miguel pedro pablo diego rafael ramon raul sergio javier fernando eduardo
ricardo roberto francisco manuel jorge antonio alejandro mario andres angel jesus tyrell deshawn darnell jamal malik omar ali ahmed
mohammed raj amit wei ming hiro earl vern clyde lloyd norm stan fred frank frankie ned todd chad brad craig curtis derek travis
mary maria patricia patty jennifer jen jenny jenna linda elizabeth liz beth betty barbara barb susan sue susie jessica jess sarah
sara karen lisa nancy margaret maggie peggy ashley kimberly kim emily donna michelle carol carole amanda melissa deborah debbie deb
stephanie steph rebecca becky laura helen sharon cynthia cindy kathleen kathy amy angela angie shirley anna ann anne annie ruth brenda
pamela pam nicole nikki katherine kate katie samantha christine christina tina emma catherine cathy debra rachel carolyn janet
maria heather diane diana julie joyce evelyn joan kelly kelli lauren judith judy megan andrea cheryl hannah jacqueline jackie
martha gloria teresa theresa ana janice julia olivia denise marilyn beverly amber danielle brittany rosa rose alice
natalie sophia sofia marie kayla alexis lori tammy tasha latoya keisha ebony jasmine priya leila fatima yesenia lucia carmen luz
guadalupe lupe ines irene ivan nadia elena elaine ellen eileen erin stacy stacey tracy tracey wendy vicki vickie yolanda yvonne
colleen bridget sheila shelly rita rhonda robin roberta paula dana dani dawn doris dorothy dot edith edna ella esther eva gail
isabel isabella jane jean jeanne jill jo joanne josie kristen kristin leslie lily lucy lynn marcy marsha meg mia molly monica pearl`);

const near = (a: string, b: string): boolean => {
  let head = 0;
  while (head < a.length && a[head] === b[head]) head += 1;
  const same = (skipA: number, skipB: number): boolean => a.slice(head + skipA) === b.slice(head + skipB);
  const swapped = a[head] === b[head + 1] && a[head + 1] === b[head] && same(2, 2);
  return swapped || same(1, 1) || same(1, 0) || same(0, 1);
};

const longTrade = [...tradeWords].filter((word) => word.length >= 5);

/** True for a word of the trade, or one that is a letter off a longer one ("tolet", "fauset"). */
export const isTrade = (word: string): boolean => {
  if (tradeWords.has(word)) return true;
  if (word.length < 5 || givenNames.has(word) || functionWords.has(word) || smallTalk.has(word)) return false;
  return longTrade.some((trade) => trade[0] === word[0] && near(word, trade));
};

/** True for a word that could be the core of what someone says. */
export const isContent = (word: string): boolean =>
  /^[\p{L}\p{N}]/u.test(word) && !functionWords.has(word) && !smallTalk.has(word);

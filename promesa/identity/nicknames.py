"""Short and familiar forms of names, and the name each stands for, in Spanish, Portuguese and English.

Each line is a name in full and, after the colon, the forms that stand for it. Forms that may stand for several names
(`alex`, `cris`, `isa`) are left as they are. A name on the left is nobody's short form:
normalising twice changes nothing.
"""

from __future__ import annotations

_FAMILIAR = """
jose: pepe pepito pepin ze zezinho zezito joselito cheo
jose maria: chema
jose luis: joselu pepelu
jose manuel: josema
jose antonio: joseto
jose ramon: joserra
jose ignacio: joseina
jose miguel: josemi
juan: juanito juancho juanjito
juan jose: juanjo
juan carlos: juanca
juan manuel: juanma
juan francisco: juanfran
juan pablo: juanpa juampa
juan ramon: juanra
juan miguel: juanmi
juan luis: juanlu
miguel angel: miguelangel
francisco: paco pacho paquito pancho panchito kiko quico curro fran farruco chico xico chiquinho fco frco
francisca: paca paqui paquita pancha frasquita fca
ignacio: nacho iggy
enrique: quique kike quiquin
antonio: tono tonho tonio toni tonito totonho tony ntonio
antonia: tonia
roberto: beto robertito
alberto: albertito
guadalupe: lupe lupita
luis: lucho luisito luisin
luisa: luisita
manuel: manolo manolito manu manolin
manuela: manoli manola manolita
maria: mari maruja mariquita marichu maruchi ma mariia mra
maria teresa: mayte maite maritere
maria jose: mariajose cote majo
maria luisa: marisa malu
maria isabel: maribel marisabel
maria carmen: mamen maricarmen
maria dolores: marilo
maria angeles: marichel
maria victoria: mavi marivi
maria elena: malena marilena
maria soledad: marisol
maria antonia: maritonia
maria cristina: maricris
maria fernanda: mafe
maria paula: mapi
maria eugenia: maru
dolores: lola lolita loles lolina
rosario: charo charito
concepcion: concha conchi conchita
consuelo: chelo consuelito
mercedes: merche merceditas meche
milagros: milagritos
encarnacion: encarna encarnita
asuncion: asun
ascension: ascen
inmaculada: inma
remedios: reme
soledad: sole
pilar: pili pilarin pilarica
teresa: tere teresita teresinha
josefa: pepa pepita
isabel: chabela chabelita isabelita
beatriz: bea bia beti
montserrat: montse
rosa: rosita
ana: anita aninha
carmen: carmencita menchu carmina
catalina: cata
alejandro: jandro
alejandra: jandra
fernando: nando
gonzalo: gonza chalo
rodrigo: rodri
sebastian: sebas seba
santiago: santi yago chago
nicolas: nico
tomas: tomasito
federico: fede
felipe: pipe felipito
facundo: facu
joaquin: ximo
jesus: chus chuy chucho
eduardo: edu lalo dudu
gerardo: gera
ricardo: richi riqui
guillermo: guille memo
gregorio: goyo
bartolome: bartolo
rafael: rafa rafita
gabriel: biel
gabriela: gaby gabi
daniel: dani dany danielito dan danny danilito danno
daniela: danita
david: davicito dave davy
javier: javi javito xavi
salvador: chava salva
sergio: checo
vicente: chente vicen
hortensia: tencha
ismael: isma
cayetano: tano
agustin: agus
alfonso: fonso poncho alfon
alfredo: fredo
alvaro: alvarito
andres: andresito
angel: angelito
armando: mando
arturo: turo
augusto: guto
bernardo: berni bernardito
benjamin: benja benji benny
carlos: carlitos charly carlinhos calin
claudia: claudita
cesar: cesarito
cristobal: tobal
diego: dieguito
domingo: mingo txomin
esteban: estebitan
esperanza: espe
estefania: estefi fani
eugenia: uge
eugenio: geno
gertrudis: tula
gustavo: tavo
isidro: chiro
jacinto: chinto
jaime: jaimito
jorge: jorgito
julio: julito
lorenzo: lencho
lucia: luci
margarita: marga margara
mario: marito
martin: tincho
mauricio: mauri
miguel: miguelito migue miki
monica: moni
natalia: nati
norberto: norber
oscar: osqui
pablo: pablito
patricia: patri pati patty
patricio: pato
pedro: perico pedrito pedrinho periko
raul: rauli raulito
ramon: moncho monchito
rigoberto: rigo
rocio: chio
rogelio: roge
rosalba: rosalbita
salome: salo
silvia: silvi
sofia: sofi
susana: susi susanita
veronica: vero
victor: victorcito
victoria: vicky vicki viki toya tori
virginia: vir
viviana: vivi
yolanda: yoli
joao: joaozinho
joaquim: quim
goncalo: goncalinho
fabricio: fabri
henrique: rique
fatima: fatinha
manoel: mane
raimunda: mundinha
sebastiana: tiana
william: bill billy will willie wm
robert: bob bobby rob robbie robt bobbie
richard: dick rich rick ricky richie
james: jim jimmy jimmie jas
john: jack johnny johnnie
joseph: joe joey
thomas: tom tommy thos
charles: charlie chuck chas
edward: ed eddie ted ned
michael: mike mick mickey mikey
christopher: topher
matthew: matt
anthony: anth
andrew: andy
kenneth: ken kenny
lawrence: larry lawrie
nicholas: nick nicky
patrick: paddy
peter: pete
philip: phil
samuel: sam sammy samu
stephen: steve stevie
timothy: tim timmy
zachary: zach zack zac
joshua: josh
jonathan: jonny jonty
gregory: greg gregg
jeffrey: jeff
ronald: ron ronnie
donald: donnie
frederick: fred freddie freddy
gerald: gerry
henry: harry hank
leonard: len lenny
walter: walt
elizabeth: liz lizzie beth betsy eliza lizbeth lisbeth libby
margaret: maggie peggy meg
katherine: kathy
catherine: cathy
rebecca: becky becca
jennifer: jen jenny jenni
jessica: jess jessie
deborah: deb debbie
susan: sue suzie susie
barbara: barb
dorothy: dotty
abigail: abby abbie
samantha: samy
kimberly: kim
pamela: pam
amanda: mandy
christine: chrissie
jacqueline: jackie
stephanie: steph
nathan: nate
oliver: ollie
isabella: bella izzy
"""

_SURNAMES = """
fernandez: fdez fndez fernz ferndez
rodriguez: rguez rdguez rodz rdez
gonzalez: glez gzlez gonz gonzlez
hernandez: hdez hndez hernz
martinez: mtz mtnez mtez mnez
gutierrez: gtez gutz gtrrez
lopez: lpz lpez
sanchez: schez snchez
perez: prz prez
gomez: gmz gmez
ramirez: rmz rmrez ramz
jimenez: jmnz jmez jimz
alvarez: alvz
vazquez: vzqz vqz
dominguez: dguez dmguez
"""

# The most frequent surnames of Spain, Portugal and Latin America that are nobody's given name.
_FREQUENT = """
garcia rodriguez gonzalez fernandez lopez martinez sanchez perez gomez jimenez ruiz hernandez diaz moreno
alvarez munoz romero gutierrez navarro torres dominguez vazquez vasquez ramos ramirez serrano molina morales
suarez ortega delgado castro ortiz rubio nunez medina castillo cortes guerrero cano mendez herrera flores
cabrera campos fuentes carrasco aguilar pena rojas vargas rios mendoza silva souza sousa
oliveira pereira lima carvalho almeida ferreira ribeiro rocha gomes lopes martins fernandes rodrigues
goncalves alves
"""


def _table(text: str) -> dict[str, str]:
    forms = (line.split(":") for line in text.split("\n") if line)
    return {word: name.strip() for name, words in forms for word in words.split()}


NICKNAMES: dict[str, str] = _table(_FAMILIAR)
ABBREVIATIONS: dict[str, str] = _table(_SURNAMES)
FREQUENT_SURNAMES = frozenset(_FREQUENT.split())
